package dev.whetstone.export;

/** How the linear layers of an exported graph are stored. */
public enum Precision {
  /**
   * 8-bit blocks of 32 with a float scale each; activations are quantised per block at run time.
   */
  INT8,
  /** float32: the exact mode. */
  FP32
}
