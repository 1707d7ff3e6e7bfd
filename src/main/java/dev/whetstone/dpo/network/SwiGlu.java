package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;

/** The gated activation (Shazeer 2020): {@code h = silu(g) u}, silu(g) = g σ(g). */
final class SwiGlu {
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

  /** Gradient of gateUp. */
  NDArray backward(NDArray dh, NDArray gateUp) {
    NDArray gate = gate(gateUp);
    NDArray up = up(gateUp);
    NDArray sigma = Torch.sigmoid(gate);
    NDArray silu = sigma.mul(gate);
    // silu'(g) = σ (1 + g - silu(g))
    NDArray dGate = gate.sub(silu).addi(scalars.one()).muli(sigma).muli(up).muli(dh);
    return Torch.concat(1, dGate, silu.muli(dh));
  }

  private NDArray gate(NDArray gateUp) {
    return Torch.slice(gateUp, 1, 0, inner);
  }

  private NDArray up(NDArray gateUp) {
    return Torch.slice(gateUp, 1, inner, 2L * inner);
  }
}
