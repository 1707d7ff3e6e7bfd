package dev.whetstone.weights;

/** Converts one block of stored elements to float32. */
@FunctionalInterface
interface BlockDecoder {
  /**
   * Decodes a block.
   *
   * @param data holds the block's bytes from {@code at} on
   * @param values receives the block's elements from {@code to} on
   */
  void decode(byte[] data, int at, float[] values, int to);
}
