package dev.whetstone.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A GGUF file, versions 2 and 3 (github.com/ggml-org/ggml, docs/gguf.md), with the tensor names
 * that the file uses; {@link GgufModel} maps them to canonical names.
 */
public final class GgufFile extends MappedTensors {
  private static final int MAGIC = 0x46554747;
  private static final int DEFAULT_ALIGNMENT = 32;
  private static final int MAX_DIMENSIONS = 4;
  private static final long MAX_ALIGNMENT = 1 << 20;
  private static final List<String> TYPE_NAMES =
      List.of(
          "F32", "F16", "Q4_0", "Q4_1", "type 4", "type 5", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K",
          "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K");
  private static final int BF16 = 30;

  private record Entry(String name, long[] shape, int type, long offset) {}

  private final Map<String, Object> metadata;

  private GgufFile(Arena arena, Map<String, Object> metadata, Map<String, StoredTensor> tensors) {
    super(arena, tensors);
    this.metadata = metadata;
  }

  /**
   * Maps a file; it stays open until {@link #close}.
   *
   * @throws ModelFormatException when the file is damaged or has a tensor of an unsupported type
   */
  public static GgufFile open(Path file) throws IOException {
    return map(
        file,
        (bytes, arena) -> {
          try {
            return parse(bytes, arena);
          } catch (IndexOutOfBoundsException e) {
            throw new ModelFormatException("the file ends in the middle of its header", e);
          }
        });
  }

  private static GgufFile parse(MemorySegment file, Arena arena) {
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
    for (long i = 0; i < entryCount; i++) {
      String key = cursor.string();
      if (metadata.put(key, cursor.value(cursor.integer())) != null) {
        throw new ModelFormatException(key + " appears twice");
      }
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
    long start = (cursor.position() + alignment - 1) / alignment * alignment;
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (Entry entry : entries) {
      StoredTensor tensor =
          StoredTensor.of(
              entry.name,
              type(entry),
              entry.shape,
              file,
              entry.offset < 0 || entry.offset > file.byteSize() ? -1 : start + entry.offset);
      if (tensors.put(entry.name, tensor) != null) {
        throw new ModelFormatException("tensor " + entry.name + " appears twice");
      }
    }
    StoredTensor.requireNoOverlap(tensors, file);
    return new GgufFile(arena, Collections.unmodifiableMap(metadata), tensors);
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

  private static ElementType type(Entry entry) {
    return switch (entry.type) {
      case 0 -> ElementType.F32;
      case 1 -> ElementType.F16;
      case 2 -> ElementType.Q4_0;
      case 3 -> ElementType.Q4_1;
      case 8 -> ElementType.Q8_0;
      case BF16 -> ElementType.BF16;
      default ->
          throw new ModelFormatException(
              "tensor %s is of type %s: F32, F16, BF16, Q8_0, Q4_0 and Q4_1 are supported"
                  .formatted(entry.name, typeName(entry.type)));
    };
  }

  private static String typeName(int type) {
    return type >= 0 && type < TYPE_NAMES.size() ? TYPE_NAMES.get(type) : "number " + type;
  }

  /** All metadata: numbers as Long or Double, strings, booleans, and lists of these. */
  public Map<String, Object> metadata() {
    return metadata;
  }

  /** A metadata string. */
  public Optional<String> text(String key) {
    return metadata.get(key) instanceof String s ? Optional.of(s) : Optional.empty();
  }

  /** A metadata number. */
  public Optional<Number> number(String key) {
    return metadata.get(key) instanceof Number n ? Optional.of(n) : Optional.empty();
  }
}
