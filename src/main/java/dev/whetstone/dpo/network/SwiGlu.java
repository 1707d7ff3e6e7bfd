package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import dev.whetstone.dpo.torch.LibtorchBindings;
import dev.whetstone.dpo.torch.TorchOps;

/** The gated activation SwiGLU (Shazeer 2020): {@code h = silu(g) u}, silu(g) = g σ(g). */
final class SwiGlu {
  /**
   * The result and its factor, {@code [tokens, inner]} each.
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
    return LibtorchBindings.silu(gate(gateUp)).muli(up(gateUp));
  }

  /** Repeats the forward pass and keeps the factor that the backward pass needs. */
  Activated recompute(NDArray gateUp) {
    NDArray silu = LibtorchBindings.silu(gate(gateUp));
    return new Activated(silu, silu.mul(up(gateUp)));
  }

  /**
   * Replaces gateUp by its gradient.
   *
   * @param activated of the same gateUp; overwritten too
   */
  NDArray backward(NDArray dh, NDArray gateUp, Activated activated) {
    NDArray gate = gate(gateUp);
    NDArray up = up(gateUp);
    NDArray dSilu = activated.h;
    LibtorchBindings.multiply(dSilu, dh, up);
    LibtorchBindings.siluGradient(gate, dSilu, gate);
    LibtorchBindings.multiply(up, dh, activated.silu);
    return gateUp;
  }

  private NDArray gate(NDArray gateUp) {
    return TorchOps.slice(gateUp, 1, 0, inner);
  }

  private NDArray up(NDArray gateUp) {
    return TorchOps.slice(gateUp, 1, inner, 2L * inner);
  }
}
