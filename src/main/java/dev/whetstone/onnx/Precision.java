package dev.whetstone.onnx;

/** How the linear layers of an exported graph are stored. */
public enum Precision {
  /**
   * 8-bit weights. Where the ranges of a layer's inputs are known, weights have a scale per output
   * and activations a fixed step per channel; elsewhere weights have a scale per block of 64, or of
   * 32 where a row is not a multiple of 64, and activations are quantised per block at run time.
   */
  INT8,
  /** float32 weights and activations: the exact mode. */
  FP32
}
