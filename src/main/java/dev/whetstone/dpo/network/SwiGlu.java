package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import dev.whetstone.dpo.torch.Libtorch;
import dev.whetstone.dpo.torch.Torch;

/** The gated activation (Shazeer 2020): {@code h = silu(g) u}, silu(g) = g σ(g). */
final class SwiGlu {
  /**
   * The activation and its parts, {@code [tokens, inner]} each.
   *
   * @param silu g σ(g)
   * @param h the result
   */
  record Activated(NDArray silu, NDArray h) {}

  private final int inner;

  SwiGlu(int inner) {
    this.inner = inner;
  }

  /**
   * @param gateUp g and u side by side, {@code [tokens, 2 * inner]}
   */
  NDArray forward(NDArray gateUp) {
    return Libtorch.silu(gate(gateUp)).muli(up(gateUp));
  }

  /** The forward pass again, with what it has on its way. */
  Activated again(NDArray gateUp) {
    NDArray silu = Libtorch.silu(gate(gateUp));
    return new Activated(silu, silu.mul(up(gateUp)));
  }

  /**
   * Gradient of gateUp, in its place.
   *
   * @param activated is used up too
   */
  NDArray backward(NDArray dh, NDArray gateUp, Activated activated) {
    NDArray gate = gate(gateUp);
    NDArray up = up(gateUp);
    NDArray dSilu = activated.h;
    Libtorch.multiply(dSilu, dh, up);
    Libtorch.siluGradient(gate, dSilu, gate);
    Libtorch.multiply(up, dh, activated.silu);
    return gateUp;
  }

  private NDArray gate(NDArray gateUp) {
    return Torch.slice(gateUp, 1, 0, inner);
  }

  private NDArray up(NDArray gateUp) {
    return Torch.slice(gateUp, 1, inner, 2L * inner);
  }
}
