package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;

/** Values kept below a cap in magnitude: {@code cap tanh(x / cap)} (Gemma 2, Team et al. 2024). */
final class SoftCap {
  private SoftCap() {}

  /** The capped values; overwrites x. */
  static NDArray apply(NDArray x, float cap) {
    return x.divi(cap).tanh().muli(cap);
  }

  /** The derivatives {@code 1 - tanh²}, of values that are capped already. */
  static NDArray slopes(NDArray capped, float cap) {
    NDArray tanh = capped.div(cap);
    return tanh.muli(tanh).muli(-1).addi(1);
  }
}
