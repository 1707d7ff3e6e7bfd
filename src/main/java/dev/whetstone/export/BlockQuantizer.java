package dev.whetstone.export;

/**
 * Symmetric 8-bit quantisation in blocks along the input dimension, the layout of ONNX Runtime's
 * {@code MatMulNBits} (bits 8): {@code w ~ (q - 128) * scale}, with {@code q} in [1, 255].
 */
final class BlockQuantizer {
  static final int BLOCK = 32;
  private static final int ZERO_POINT = 128;
  private static final int LEVELS = 127;

  /**
   * A quantised matrix.
   *
   * @param data {@code [rows, blocks, 32]} unsigned bytes
   * @param scales {@code [rows, blocks]}
   */
  record Quantized(byte[] data, float[] scales, int rows, int columns) {
    int blocks() {
      return blocksOf(columns);
    }

    /** The value that the runtime computes with. */
    float value(int row, int column) {
      int block = row * blocks() + column / BLOCK;
      int q = data[block * BLOCK + column % BLOCK] & 0xff;
      return (q - ZERO_POINT) * scales[block];
    }
  }

  private BlockQuantizer() {}

  static int blocksOf(int columns) {
    return (columns + BLOCK - 1) / BLOCK;
  }

  /** Quantises {@code weights [rows, columns]}, row-major as in {@code y = W x}. */
  static Quantized quantize(float[] weights, int rows, int columns) {
    int blocks = blocksOf(columns);
    byte[] data = new byte[Math.multiplyExact(rows, blocks * BLOCK)];
    float[] scales = new float[rows * blocks];
    for (int row = 0; row < rows; row++) {
      for (int block = 0; block < blocks; block++) {
        int from = row * columns + block * BLOCK;
        int length = Math.min(BLOCK, columns - block * BLOCK);
        int index = row * blocks + block;
        scales[index] = quantizeBlock(weights, from, length, data, index * BLOCK);
      }
    }
    return new Quantized(data, scales, rows, columns);
  }

  private static float quantizeBlock(
      float[] weights, int from, int length, byte[] data, int target) {
    float largest = 0;
    for (int i = from; i < from + length; i++) {
      largest = Math.max(largest, Math.abs(weights[i]));
    }
    float scale = largest / LEVELS;
    float inverse = scale == 0 ? 0 : 1 / scale;
    for (int i = 0; i < BLOCK; i++) {
      int level = i < length ? Math.round(weights[from + i] * inverse) : 0;
      data[target + i] = (byte) (Math.clamp(level, -LEVELS, LEVELS) + ZERO_POINT);
    }
    return scale;
  }
}
