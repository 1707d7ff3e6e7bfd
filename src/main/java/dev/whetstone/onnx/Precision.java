package dev.whetstone.onnx;

/** How the linear layers of an exported graph are stored. */
public enum Precision {
  /**
   * 8-bit weights. Where the ranges of a layer's inputs are known, they have a scale per output and
   * activations a fixed step per channel; elsewhere there is a scale for each block of 64 (32 in
   * the head, or where a row is no multiple of 64) and activations are quantised per block at run
   * time.
   */
  INT8,
  /** float32: the exact mode. */
  FP32
}
