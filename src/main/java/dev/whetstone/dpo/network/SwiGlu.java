package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;

/** The gated activation (Shazeer 2020): {@code h = silu(g) u}, silu(g) = g σ(g). */
final class SwiGlu {
  /**
   * The activation and its parts, {@code [tokens, inner]} each.
   *
   * @param sigma σ(g)
   * @param silu g σ(g)
   * @param h the result
   */
  record Activated(NDArray sigma, NDArray silu, NDArray h) {}

  private final int inner;
  private final Scalars scalars;

  SwiGlu(int inner, Scalars scalars) {
    this.inner = inner;
    this.scalars = scalars;
  }

  /**
   * @param gateUp g and u side by side, {@code [tokens, 2 * inner]}
   */
  NDArray forward(NDArray gateUp) {
    NDArray gate = gate(gateUp);
    return Torch.sigmoid(gate).muli(gate).muli(up(gateUp));
  }

  /** The forward pass again, with what it has on its way. */
  Activated again(NDArray gateUp) {
    NDArray gate = gate(gateUp);
    NDArray sigma = Torch.sigmoid(gate);
    NDArray silu = sigma.mul(gate);
    return new Activated(sigma, silu, silu.mul(up(gateUp)));
  }

  /**
   * Gradient of gateUp, in its place.
   *
   * @param activated is used up too
   */
  NDArray backward(NDArray dh, NDArray gateUp, Activated activated) {
    NDArray silu = activated.silu;
    // silu'(g) = σ (1 + g - silu(g))
    gate(gateUp).subi(silu).addi(scalars.one()).muli(activated.sigma).muli(up(gateUp)).muli(dh);
    Torch.setColumns(gateUp, inner, silu.muli(dh));
    return gateUp;
  }

  private NDArray gate(NDArray gateUp) {
    return Torch.slice(gateUp, 1, 0, inner);
  }

  private NDArray up(NDArray gateUp) {
    return Torch.slice(gateUp, 1, inner, 2L * inner);
  }
}
