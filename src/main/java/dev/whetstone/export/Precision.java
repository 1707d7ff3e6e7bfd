package dev.whetstone.export;

/** How the linear layers of an exported graph are stored. */
public enum Precision {
  /**
   * 8-bit blocks of 64 (32 in the head, or where a row is no multiple of 64) with a float scale
   * each; activations are quantised per block at run time.
   */
  INT8,
  /** float32: the exact mode. */
  FP32
}
