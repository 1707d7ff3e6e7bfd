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
  F32(0, 1, 4, (data, at, values, to) -> values[to] = floating(data, at)),
  F16(1, 1, 2, (data, at, values, to) -> values[to] = LittleEndian.half(data, at)),
  BF16(30, 1, 2, (data, at, values, to) -> values[to] = brain(data, at)),
  Q4_0(2, ShortBlocks.ELEMENTS, 18, ShortBlocks::q4WithScale),
  Q4_1(3, ShortBlocks.ELEMENTS, 20, ShortBlocks::q4WithMinimum),
  Q5_0(6, ShortBlocks.ELEMENTS, 22, ShortBlocks::q5WithScale),
  Q5_1(7, ShortBlocks.ELEMENTS, 24, ShortBlocks::q5WithMinimum),
  Q8_0(8, ShortBlocks.ELEMENTS, 34, ShortBlocks::q8),
  Q2_K(10, SuperBlocks.ELEMENTS, 84, SuperBlocks::q2),
  Q3_K(11, SuperBlocks.ELEMENTS, 110, SuperBlocks::q3),
  Q4_K(12, SuperBlocks.ELEMENTS, 144, SuperBlocks::q4),
  Q5_K(13, SuperBlocks.ELEMENTS, 176, SuperBlocks::q5),
  Q6_K(14, SuperBlocks.ELEMENTS, 210, SuperBlocks::q6);

  /** Elements that one task of a parallel read converts; a whole number of every type's blocks. */
  private static final int PART = 1 << 16;

  /** Elements whose bytes are copied to the heap at once. */
  private static final int CHUNK = 1 << 12;

  private final int ggmlType;
  private final int blockElements;
  private final int blockBytes;
  private final BlockDecoder decoder;

  ElementType(int ggmlType, int blockElements, int blockBytes, BlockDecoder decoder) {
    this.ggmlType = ggmlType;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
    this.decoder = decoder;
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
