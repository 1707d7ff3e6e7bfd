package dev.whetstone.weights;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What stands before the tensors of a GGUF file.
 *
 * @param settings where each entry of the metadata stands, by its key
 * @param dataStart where the tensors begin
 */
record GgufHeader(
    Map<String, Object> metadata,
    Map<String, Span> settings,
    List<Entry> entries,
    long alignment,
    long dataStart) {
  /** A tensor: its dimensions outermost first, ggml's type, and where its bytes begin. */
  record Entry(String name, long[] shape, int type, long offset) {}

  /** Bytes of the file. */
  record Span(long from, long to) {}

  static final int MAGIC = 0x46554747;
  private static final int DEFAULT_ALIGNMENT = 32;
  private static final int MAX_DIMENSIONS = 4;
  private static final long MAX_ALIGNMENT = 1 << 20;

  static GgufHeader parse(MemorySegment file) {
    try {
      return read(file);
    } catch (IndexOutOfBoundsException e) {
      throw new ModelFormatException("the file ends in the middle of its header", e);
    }
  }

  private static GgufHeader read(MemorySegment file) {
    GgufCursor cursor = new GgufCursor(file);
    if (file.byteSize() < Long.BYTES || cursor.integer() != MAGIC) {
      throw new ModelFormatException("not a GGUF file");
    }
    int version = cursor.integer();
    if (version != 2 && version != 3) {
      throw new ModelFormatException("GGUF version " + version + " is not supported, 2 and 3 are");
    }
    long tensorCount = cursor.count();
    long entryCount = cursor.count();
    Map<String, Object> metadata = new LinkedHashMap<>();
    Map<String, Span> settings = new LinkedHashMap<>();
    for (long i = 0; i < entryCount; i++) {
      long from = cursor.position();
      String key = cursor.string();
      if (metadata.put(key, cursor.value(cursor.integer())) != null) {
        throw new ModelFormatException(key + " appears twice");
      }
      settings.put(key, new Span(from, cursor.position()));
    }
    List<Entry> entries = new ArrayList<>();
    for (long i = 0; i < tensorCount; i++) {
      entries.add(entry(cursor));
    }
    long alignment =
        metadata.get("general.alignment") instanceof Number n ? n.longValue() : DEFAULT_ALIGNMENT;
    if (alignment < 1 || alignment > MAX_ALIGNMENT || Long.bitCount(alignment) != 1) {
      throw new ModelFormatException("general.alignment is " + alignment);
    }
    return new GgufHeader(
        metadata, settings, entries, alignment, aligned(cursor.position(), alignment));
  }

  static long aligned(long position, long alignment) {
    return (position + alignment - 1) / alignment * alignment;
  }

  /** GGUF lists the innermost dimension first. */
  private static Entry entry(GgufCursor cursor) {
    String name = cursor.string();
    int dimensions = cursor.integer();
    if (dimensions < 0 || dimensions > MAX_DIMENSIONS) {
      throw new ModelFormatException("tensor " + name + " has " + dimensions + " dimensions");
    }
    long[] shape = new long[dimensions];
    for (int i = dimensions - 1; i >= 0; i--) {
      shape[i] = cursor.number();
    }
    return new Entry(name, shape, cursor.integer(), cursor.number());
  }
}
