package dev.whetstone.weights;

import static dev.whetstone.weights.LittleEndian.half;
import static dev.whetstone.weights.LittleEndian.integer;

/**
 * ggml's quantised types with blocks of 32 elements (github.com/ggml-org/ggml, block_q4_0 to
 * block_q8_0 in src/ggml-common.h; dequantize_row_* in src/ggml-quants.c). Each rounds as ggml
 * does, so the results are equal bit for bit.
 *
 * <p>Byte j of the nibbles holds element j in its low half and element j + 16 in its high half; bit
 * j of the 32-bit word of the five-bit types is the fifth bit of element j.
 */
final class ShortBlocks {
  static final int ELEMENTS = 32;

  private static final int HALF = ELEMENTS / 2;
  private static final int NIBBLE = 0xf;

  private ShortBlocks() {}

  /** Scale d, 16 bytes of nibbles q: {@code w = d (q - 8)}. */
  static void q4WithScale(byte[] data, int at, float[] values, int to) {
    float d = half(data, at);
    int q = at + 2;
    for (int j = 0; j < HALF; j++) {
      values[to + j] = d * ((data[q + j] & NIBBLE) - 8);
      values[to + HALF + j] = d * ((data[q + j] >> 4 & NIBBLE) - 8);
    }
  }

  /** Scale d, minimum m, 16 bytes of nibbles q: {@code w = d q + m}. */
  static void q4WithMinimum(byte[] data, int at, float[] values, int to) {
    float d = half(data, at);
    float m = half(data, at + 2);
    int q = at + 4;
    for (int j = 0; j < HALF; j++) {
      values[to + j] = d * (data[q + j] & NIBBLE) + m;
      values[to + HALF + j] = d * (data[q + j] >> 4 & NIBBLE) + m;
    }
  }

  /** Scale d, fifth bits, 16 bytes of nibbles: {@code w = d (q - 16)}. */
  static void q5WithScale(byte[] data, int at, float[] values, int to) {
    float d = half(data, at);
    int fifth = integer(data, at + 2);
    int q = at + 6;
    for (int j = 0; j < HALF; j++) {
      int low = (data[q + j] & NIBBLE) | ((fifth >>> j) & 1) << 4;
      int high = ((data[q + j] >> 4) & NIBBLE) | ((fifth >>> (HALF + j)) & 1) << 4;
      values[to + j] = d * (low - 16);
      values[to + HALF + j] = d * (high - 16);
    }
  }

  /** Scale d, minimum m, fifth bits, 16 bytes of nibbles: {@code w = d q + m}. */
  static void q5WithMinimum(byte[] data, int at, float[] values, int to) {
    float d = half(data, at);
    float m = half(data, at + 2);
    int fifth = integer(data, at + 4);
    int q = at + 8;
    for (int j = 0; j < HALF; j++) {
      int low = (data[q + j] & NIBBLE) | ((fifth >>> j) & 1) << 4;
      int high = ((data[q + j] >> 4) & NIBBLE) | ((fifth >>> (HALF + j)) & 1) << 4;
      values[to + j] = d * low + m;
      values[to + HALF + j] = d * high + m;
    }
  }

  /** Scale d, 32 signed bytes q: {@code w = d q}. */
  static void q8(byte[] data, int at, float[] values, int to) {
    float d = half(data, at);
    for (int j = 0; j < ELEMENTS; j++) {
      values[to + j] = d * data[at + 2 + j];
    }
  }

  /** What the nibbles of the non-linear types stand for (kvalues_iq4nl). */
  private static final byte[] LEVELS = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  /** Scale d, 16 bytes of nibbles q: {@code w = d level(q)}. */
  static void iq4(byte[] data, int at, float[] values, int to) {
    levels(half(data, at), data, at + 2, values, to);
  }

  /** Nibbles of 32 elements, each a level times the scale. */
  static void levels(float scale, byte[] data, int q, float[] values, int to) {
    for (int j = 0; j < HALF; j++) {
      values[to + j] = scale * LEVELS[data[q + j] & NIBBLE];
      values[to + HALF + j] = scale * LEVELS[data[q + j] >> 4 & NIBBLE];
    }
  }
}
