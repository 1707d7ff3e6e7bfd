package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/**
 * Values kept below a cap in magnitude: {@code cap tanh(x / cap)} (Gemma 2, Team et al. 2024). A
 * cap of 0 is none.
 */
final class SoftCap {
  private SoftCap() {}

  /** The capped values; overwrites x. */
  static NDArray apply(NDArray x, float cap) {
    return cap == 0 ? x : x.divi(cap).tanh().muli(cap);
  }

  /** The derivatives {@code 1 - tanh²}, of values that are capped already; null without a cap. */
  static @Nullable NDArray slopes(NDArray capped, float cap) {
    if (cap == 0) {
      return null;
    }
    NDArray tanh = capped.div(cap);
    return tanh.muli(tanh).muli(-1).addi(1);
  }
}
