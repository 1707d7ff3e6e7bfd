package dev.whetstone.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Storage types of tensor elements and their conversion to float32. All are little-endian; the
 * quantised ones are stored in blocks, described in {@link ShortBlocks} and {@link SuperBlocks}.
 */
enum ElementType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  BF16(30, 1, 2),
  Q4_0(2, ShortBlocks.ELEMENTS, 18),
  Q4_1(3, ShortBlocks.ELEMENTS, 20),
  Q5_0(6, ShortBlocks.ELEMENTS, 22),
  Q5_1(7, ShortBlocks.ELEMENTS, 24),
  Q8_0(8, ShortBlocks.ELEMENTS, 34),
  Q2_K(10, SuperBlocks.ELEMENTS, 84),
  Q3_K(11, SuperBlocks.ELEMENTS, 110),
  Q4_K(12, SuperBlocks.ELEMENTS, 144),
  Q5_K(13, SuperBlocks.ELEMENTS, 176),
  Q6_K(14, SuperBlocks.ELEMENTS, 210),
  IQ4_NL(20, ShortBlocks.ELEMENTS, 18),
  IQ4_XS(23, SuperBlocks.ELEMENTS, 136);

  /** Elements that one task of a parallel read converts; a whole number of every type's blocks. */
  private static final int PART = 1 << 16;

  /** Elements whose bytes are copied to the heap at once. */
  private static final int CHUNK = 1 << 12;

  private final int ggmlType;
  private final int blockElements;
  private final int blockBytes;

  ElementType(int ggmlType, int blockElements, int blockBytes) {
    this.ggmlType = ggmlType;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  private BlockDecoder decoder() {
    return switch (this) {
      case F32 -> (data, at, values, to) -> values[to] = floating(data, at);
      case F16 -> (data, at, values, to) -> values[to] = LittleEndian.half(data, at);
      case BF16 -> (data, at, values, to) -> values[to] = brain(data, at);
      case Q4_0 -> ShortBlocks::q4WithScale;
      case Q4_1 -> ShortBlocks::q4WithMinimum;
      case Q5_0 -> ShortBlocks::q5WithScale;
      case Q5_1 -> ShortBlocks::q5WithMinimum;
      case Q8_0 -> ShortBlocks::q8;
      case Q2_K -> SuperBlocks::q2;
      case Q3_K -> SuperBlocks::q3;
      case Q4_K -> SuperBlocks::q4;
      case Q5_K -> SuperBlocks::q5;
      case Q6_K -> SuperBlocks::q6;
      case IQ4_NL -> ShortBlocks::iq4;
      case IQ4_XS -> SuperBlocks::iq4;
    };
  }

  /** The type that a GGUF file names by a number of ggml_type. */
  static Optional<ElementType> ofGgml(int number) {
    return Arrays.stream(values()).filter(type -> type.ggmlType == number).findFirst();
  }

  int blockElements() {
    return blockElements;
  }

  /** The size of {@code elements}, which must be whole blocks, in bytes. */
  long bytes(long elements) {
    return Math.multiplyExact(elements / blockElements, (long) blockBytes);
  }

  /**
   * Converts as many elements as {@code values} holds, on all cores when there are many.
   *
   * @param first the first element's number; it and the length are whole blocks
   */
  void read(MemorySegment data, long first, float[] values) {
    int parts = Math.ceilDiv(values.length, PART);
    IntStream range = IntStream.range(0, parts);
    (parts > 1 ? range.parallel() : range)
        .forEach(
            part -> {
              int from = part * PART;
              part(data, first + from, values, from, Math.min(PART, values.length - from));
            });
  }

  private void part(MemorySegment data, long first, float[] values, int to, int count) {
    byte[] chunk = new byte[(int) bytes(Math.min(CHUNK, count))];
    for (int done = 0; done < count; done += CHUNK) {
      int elements = Math.min(CHUNK, count - done);
      int size = (int) bytes(elements);
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, bytes(first + done), chunk, 0, size);
      decode(chunk, values, to + done, elements);
    }
  }

  private void decode(byte[] chunk, float[] values, int to, int elements) {
    BlockDecoder decoder = decoder();
    for (int block = 0; block < elements / blockElements; block++) {
      decoder.decode(chunk, block * blockBytes, values, to + block * blockElements);
    }
  }

  private static float floating(byte[] data, int at) {
    return Float.intBitsToFloat(LittleEndian.integer(data, at));
  }

  private static float brain(byte[] data, int at) {
    return Float.intBitsToFloat(LittleEndian.word(data, at) << 16);
  }
}
