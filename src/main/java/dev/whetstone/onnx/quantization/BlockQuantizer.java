package dev.whetstone.onnx.quantization;

/**
 * Symmetric 8-bit quantisation in blocks along the input dimension, the layout of ONNX Runtime's
 * {@code MatMulNBits} (bits 8): {@code w ~ (q - 128) * scale}, with {@code q} in [1, 255].
 */
public final class BlockQuantizer {
  private static final int SMALL_BLOCK = 32;
  private static final int LARGE_BLOCK = 64;
  private static final int ZERO_POINT = 128;
  private static final int LEVELS = 127;

  /**
   * A quantised matrix.
   *
   * @param data {@code [rows, blocks, block]} unsigned bytes
   * @param scales {@code [rows, blocks]}
   */
  public record Quantized(byte[] data, float[] scales, int rows, int columns, int block) {
    public int blocks() {
      return blocksOf(columns, block);
    }
  }

  private BlockQuantizer() {}

  /**
   * The number of weights that share a scale in rows of {@code columns}: 64 if it divides them,
   * else 32.
   */
  public static int blockSize(int columns) {
    return columns % LARGE_BLOCK == 0 ? LARGE_BLOCK : SMALL_BLOCK;
  }

  private static int blocksOf(int columns, int block) {
    return (columns + block - 1) / block;
  }

  /**
   * Quantises {@code weights [rows, columns]}, row-major as in {@code y = W x}.
   *
   * @param size number of weights in a block
   */
  public static Quantized quantize(float[] weights, int rows, int columns, int size) {
    int blocks = blocksOf(columns, size);
    byte[] data = new byte[Math.multiplyExact(rows, blocks * size)];
    float[] scales = new float[rows * blocks];
    for (int row = 0; row < rows; row++) {
      for (int block = 0; block < blocks; block++) {
        int from = row * columns + block * size;
        int length = Math.min(size, columns - block * size);
        int index = row * blocks + block;
        scales[index] = quantizeBlock(weights, from, length, data, index * size, size);
      }
    }
    return new Quantized(data, scales, rows, columns, size);
  }

  private static float quantizeBlock(
      float[] weights, int from, int length, byte[] data, int target, int size) {
    float largest = 0;
    for (int i = from; i < from + length; i++) {
      largest = Math.max(largest, Math.abs(weights[i]));
    }
    float scale = largest / LEVELS;
    float inverse = scale == 0 ? 0 : 1 / scale;
    for (int i = 0; i < size; i++) {
      int level = i < length ? Math.round(weights[from + i] * inverse) : 0;
      data[target + i] = (byte) (Math.clamp(level, -LEVELS, LEVELS) + ZERO_POINT);
    }
    return scale;
  }
}
