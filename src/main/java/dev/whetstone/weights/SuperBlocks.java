package dev.whetstone.weights;

import static dev.whetstone.weights.LittleEndian.half;

/**
 * ggml's K-quants: super-blocks of 256 elements in groups of 16 or 32, each group with a small
 * integer scale, and for some types a minimum, in units of the super-block's float16 (block_q2_K to
 * block_q6_K in github.com/ggml-org/ggml, src/ggml-common.h; dequantize_row_q*_K in
 * src/ggml-quants.c). Each rounds as ggml does, so the results are equal bit for bit.
 *
 * <p>Bits of an element lie in runs of 32 bytes: byte l of a run holds a few bits of the elements
 * 32 k + l for several k.
 */
final class SuperBlocks {
  static final int ELEMENTS = 256;

  private static final int RUN = 32;
  private static final int GROUP = 16;
  private static final int NIBBLE = 0xf;
  private static final int SIX_BITS = 0x3f;

  private SuperBlocks() {}

  /**
   * 16 bytes with a scale in the low and a minimum in the high nibble, 64 bytes of 2 bits, d and
   * dmin: {@code w = d scale q - dmin minimum}.
   */
  static void q2(byte[] data, int at, float[] values, int to) {
    float d = half(data, at + 80);
    float dmin = half(data, at + 82);
    for (int group = 0; group < ELEMENTS / GROUP; group++) {
      float scale = d * (data[at + group] & NIBBLE);
      float minimum = dmin * (data[at + group] >> 4 & NIBBLE);
      int run = group / 2;
      int q = at + 16 + run / 4 * RUN + group % 2 * GROUP;
      int shift = 2 * (run % 4);
      int first = to + group * GROUP;
      for (int l = 0; l < GROUP; l++) {
        values[first + l] = scale * (data[q + l] >> shift & 3) - minimum;
      }
    }
  }

  /**
   * 32 bytes of third bits, 64 bytes of 2 bits, 16 scales of 6 bits in 12 bytes, d: {@code w = d
   * (scale - 32) (q - 4)}.
   */
  static void q3(byte[] data, int at, float[] values, int to) {
    int scales = at + 96;
    float d = half(data, at + 108);
    for (int group = 0; group < ELEMENTS / GROUP; group++) {
      int low = (data[scales + group % 8] >> (group / 8 * 4)) & NIBBLE;
      int high = (data[scales + 8 + group % 4] >> (group / 4 * 2)) & 3;
      float scale = d * ((low | high << 4) - 32);
      int run = group / 2;
      int third = at + group % 2 * GROUP;
      int q = at + 32 + run / 4 * RUN + group % 2 * GROUP;
      int shift = 2 * (run % 4);
      int first = to + group * GROUP;
      for (int l = 0; l < GROUP; l++) {
        int value = ((data[q + l] >> shift) & 3) | ((data[third + l] >> run) & 1) << 2;
        values[first + l] = scale * (value - 4);
      }
    }
  }

  /** d, dmin, {@link #scale} and {@link #minimum} in 12 bytes, 128 bytes of nibbles. */
  static void q4(byte[] data, int at, float[] values, int to) {
    float d = half(data, at);
    float dmin = half(data, at + 2);
    for (int run = 0; run < ELEMENTS / RUN; run++) {
      float scale = d * scale(data, at + 4, run);
      float minimum = dmin * minimum(data, at + 4, run);
      int q = at + 16 + run / 2 * RUN;
      int shift = 4 * (run % 2);
      int first = to + run * RUN;
      for (int l = 0; l < RUN; l++) {
        values[first + l] = scale * (data[q + l] >> shift & NIBBLE) - minimum;
      }
    }
  }

  /** As {@link #q4}, with 32 bytes of fifth bits before the nibbles. */
  static void q5(byte[] data, int at, float[] values, int to) {
    float d = half(data, at);
    float dmin = half(data, at + 2);
    int fifth = at + 16;
    for (int run = 0; run < ELEMENTS / RUN; run++) {
      float scale = d * scale(data, at + 4, run);
      float minimum = dmin * minimum(data, at + 4, run);
      int q = at + 48 + run / 2 * RUN;
      int shift = 4 * (run % 2);
      int first = to + run * RUN;
      for (int l = 0; l < RUN; l++) {
        int value = ((data[q + l] >> shift) & NIBBLE) | ((data[fifth + l] >> run) & 1) << 4;
        values[first + l] = scale * value - minimum;
      }
    }
  }

  /** The scale of one of the eight runs of q4 and q5, of 6 bits. */
  private static int scale(byte[] data, int packed, int run) {
    return run < 4
        ? data[packed + run] & SIX_BITS
        : (data[packed + run + 4] & NIBBLE) | ((data[packed + run - 4] >> 6) & 3) << 4;
  }

  /** The minimum of one of the eight runs of q4 and q5, of 6 bits. */
  private static int minimum(byte[] data, int packed, int run) {
    return run < 4
        ? data[packed + run + 4] & SIX_BITS
        : ((data[packed + run + 4] >> 4) & NIBBLE) | ((data[packed + run] >> 6) & 3) << 4;
  }

  /**
   * 128 bytes of low nibbles, 64 bytes of high 2 bits, 16 signed bytes of scales, d: {@code w = d
   * scale (q - 32)}.
   */
  static void q6(byte[] data, int at, float[] values, int to) {
    float d = half(data, at + 208);
    for (int group = 0; group < ELEMENTS / GROUP; group++) {
      float scale = d * data[at + 192 + group];
      int run = group / 2;
      int within = group % 2 * GROUP;
      int low = at + run / 4 * 64 + run % 2 * RUN + within;
      int lowShift = run % 4 / 2 * 4;
      int high = at + 128 + run / 4 * RUN + within;
      int highShift = 2 * (run % 4);
      int first = to + group * GROUP;
      for (int l = 0; l < GROUP; l++) {
        int value =
            ((data[low + l] >> lowShift) & NIBBLE) | ((data[high + l] >> highShift) & 3) << 4;
        values[first + l] = scale * (value - 32);
      }
    }
  }

  /**
   * d, high 2 bits of eight scales, their low nibbles, 128 bytes of nibbles q: {@code w = d (scale
   * - 32) level(q)}.
   */
  static void iq4(byte[] data, int at, float[] values, int to) {
    float d = half(data, at);
    int high = LittleEndian.word(data, at + 2);
    for (int run = 0; run < ELEMENTS / RUN; run++) {
      int low = (data[at + 4 + run / 2] >> (4 * (run % 2))) & NIBBLE;
      int scale = low | ((high >> (2 * run)) & 3) << 4;
      ShortBlocks.levels(d * (scale - 32), data, at + 8 + run * RUN / 2, values, to + run * RUN);
    }
  }
}
