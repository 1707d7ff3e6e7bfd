package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/** What attention or MLP adds to the residual stream: normed and scaled, where the model does. */
final class Added {
  /**
   * The new residual stream, and what the backward pass needs.
   *
   * @param output before the norm; null without one
   * @param rms of the output; null without a norm
   */
  record Sum(NDArray sum, @Nullable NDArray output, @Nullable NDArray rms) {}

  private final @Nullable RmsNorm norm;
  private final float multiplier;

  Added(@Nullable RmsNorm norm, double multiplier) {
    this.norm = norm;
    this.multiplier = (float) multiplier;
  }

  /** Whether the sum can be a part of the product before it. */
  boolean isPlain() {
    return norm == null && multiplier == 1;
  }

  /** Adds an output to the residual stream; overwrites it unless it is normed. */
  Sum add(NDArray output, NDArray residual) {
    NDArray rms = norm == null ? null : norm.rms(output);
    NDArray added = norm == null || rms == null ? output : norm.forward(output, rms);
    if (multiplier != 1) {
      added.muli(multiplier);
    }
    return new Sum(added.addi(residual), norm == null ? null : output, rms);
  }

  /** The gradient of the output, given that of the sum, which is left as it is. */
  NDArray backward(NDArray dSum, @Nullable NDArray output, @Nullable NDArray rms) {
    NDArray dAdded = multiplier == 1 ? dSum : dSum.mul(multiplier);
    return norm == null || output == null || rms == null
        ? dAdded
        : norm.backward(dAdded, output, rms);
  }
}
