package dev.whetstone.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Storage types of tensor elements and their conversion to float32. All are little-endian; the
 * quantised ones are stored in blocks of 32.
 */
enum ElementType {
  F32(1, 4),
  F16(1, 2),
  BF16(1, 2),
  /** float16 scale d, 32 signed bytes q: {@code w = d q}. */
  Q8_0(32, 34),
  /** float16 scale d, 32 nibbles q: {@code w = d (q - 8)}. */
  Q4_0(32, 18),
  /** float16 scale d and minimum m, 32 nibbles q: {@code w = d q + m}. */
  Q4_1(32, 20);

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int NIBBLE = 0xf;

  private final int blockElements;
  private final int blockBytes;

  ElementType(int blockElements, int blockBytes) {
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  int blockElements() {
    return blockElements;
  }

  /** The size of {@code elements}, which must be whole blocks, in bytes. */
  long bytes(long elements) {
    return Math.multiplyExact(elements / blockElements, (long) blockBytes);
  }

  /** Converts {@code count} elements that start at the segment's start. */
  float[] read(MemorySegment data, int count) {
    float[] values = new float[count];
    for (int block = 0; block < count / blockElements; block++) {
      readBlock(data, (long) block * blockBytes, values, block * blockElements);
    }
    return values;
  }

  private void readBlock(MemorySegment data, long at, float[] values, int to) {
    switch (this) {
      case F32 -> values[to] = Float.intBitsToFloat(data.get(INT, at));
      case F16 -> values[to] = half(data, at);
      case BF16 -> values[to] = Float.intBitsToFloat(data.get(SHORT, at) << 16);
      case Q8_0 -> {
        float d = half(data, at);
        for (int i = 0; i < blockElements; i++) {
          values[to + i] = d * data.get(ValueLayout.JAVA_BYTE, at + 2 + i);
        }
      }
      case Q4_0 -> nibbles(data, at + 2, values, to, half(data, at), -8 * half(data, at));
      case Q4_1 -> nibbles(data, at + 4, values, to, half(data, at), half(data, at + 2));
    }
  }

  /** Byte j holds element j in its low half and element j + 16 in its high half. */
  private static void nibbles(
      MemorySegment data, long at, float[] values, int to, float scale, float offset) {
    for (int j = 0; j < 16; j++) {
      int packed = data.get(ValueLayout.JAVA_BYTE, at + j);
      values[to + j] = scale * (packed & NIBBLE) + offset;
      values[to + j + 16] = scale * (packed >> 4 & NIBBLE) + offset;
    }
  }

  private static float half(MemorySegment data, long at) {
    return Float.float16ToFloat(data.get(SHORT, at));
  }
}
