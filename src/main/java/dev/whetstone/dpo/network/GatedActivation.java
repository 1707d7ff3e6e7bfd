package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import dev.whetstone.dpo.torch.LibtorchBindings;
import dev.whetstone.dpo.torch.TorchOps;
import dev.whetstone.weights.DecoderDesign.Activation;

/** A gated activation (Shazeer 2020): {@code h = f(g) u}, as SwiGLU with f(g) = g σ(g). */
final class GatedActivation {
  /**
   * The result and its factor, {@code [tokens, inner]} each.
   *
   * @param gate f(g)
   * @param h the result
   */
  record Activated(NDArray gate, NDArray h) {}

  private final Activation function;
  private final int inner;

  GatedActivation(Activation function, int inner) {
    this.function = function;
    this.inner = inner;
  }

  private NDArray activated(NDArray gateUp) {
    return switch (function) {
      case SILU -> LibtorchBindings.silu(gate(gateUp));
      case GELU_TANH -> LibtorchBindings.geluTanh(gate(gateUp));
    };
  }

  /**
   * The result.
   *
   * @param gateUp g and u side by side, {@code [tokens, 2 * inner]}
   */
  NDArray forward(NDArray gateUp) {
    return activated(gateUp).muli(up(gateUp));
  }

  /** Repeats the forward pass and keeps the factor that the backward pass needs. */
  Activated recompute(NDArray gateUp) {
    NDArray gate = activated(gateUp);
    return new Activated(gate, gate.mul(up(gateUp)));
  }

  /**
   * Replaces gateUp by its gradient.
   *
   * @param activated of the same gateUp; overwritten too
   */
  NDArray backward(NDArray dh, NDArray gateUp, Activated activated) {
    NDArray gate = gate(gateUp);
    NDArray up = up(gateUp);
    NDArray dGate = activated.h;
    LibtorchBindings.multiply(dGate, dh, up);
    switch (function) {
      case SILU -> LibtorchBindings.siluGradient(gate, dGate, gate);
      case GELU_TANH -> LibtorchBindings.geluTanhGradient(gate, dGate, gate);
    }
    LibtorchBindings.multiply(up, dh, activated.gate);
    return gateUp;
  }

  private NDArray gate(NDArray gateUp) {
    return TorchOps.slice(gateUp, 1, 0, inner);
  }

  private NDArray up(NDArray gateUp) {
    return TorchOps.slice(gateUp, 1, inner, 2L * inner);
  }
}
