package dev.whetstone.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A GGUF file, versions 2 and 3 (github.com/ggml-org/ggml, docs/gguf.md), with the tensor names
 * that the file uses; {@link GgufModel} maps them to canonical names.
 */
public final class GgufFile extends MappedTensors {
  private static final int MAGIC = 0x46554747;
  private static final int DEFAULT_ALIGNMENT = 32;
  private static final int MAX_DIMENSIONS = 4;
  private static final long MAX_ALIGNMENT = 1 << 20;

  /** Names of ggml_type's numbers that no {@link ElementType} stands for. */
  private static final Map<Integer, String> OTHER_TYPES =
      Map.ofEntries(
          Map.entry(9, "Q8_1"),
          Map.entry(15, "Q8_K"),
          Map.entry(16, "IQ2_XXS"),
          Map.entry(17, "IQ2_XS"),
          Map.entry(18, "IQ3_XXS"),
          Map.entry(19, "IQ1_S"),
          Map.entry(21, "IQ3_S"),
          Map.entry(22, "IQ2_S"),
          Map.entry(29, "IQ1_M"),
          Map.entry(34, "TQ1_0"),
          Map.entry(35, "TQ2_0"),
          Map.entry(39, "MXFP4"));

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
    if (metadata.get("split.count") instanceof Number parts && parts.intValue() > 1) {
      throw new ModelFormatException(
          "it is one of %d parts; join them with llama.cpp's `llama-gguf-split --merge`"
              .formatted(parts.intValue()));
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
    return ElementType.ofGgml(entry.type)
        .orElseThrow(
            () ->
                new ModelFormatException(
                    "tensor %s is of type %s, which is not supported; these are: %s"
                        .formatted(
                            entry.name,
                            typeName(entry.type),
                            Arrays.stream(ElementType.values())
                                .map(ElementType::name)
                                .collect(Collectors.joining(", ")))));
  }

  private static String typeName(int type) {
    return OTHER_TYPES.getOrDefault(type, "number " + type);
  }

  /** All metadata: numbers as Long or Double, strings, booleans, and lists of these. */
  public Map<String, Object> metadata() {
    return metadata;
  }

  /** A metadata string. */
  public Optional<String> text(String key) {
    return metadata.get(key) instanceof String s ? Optional.of(s) : Optional.empty();
  }

  /**
   * A metadata number that must be there and be an int.
   *
   * @throws ModelFormatException naming the key
   */
  int requireInteger(String key) {
    Number value = number(key).orElseThrow(() -> new ModelFormatException(key + " is missing"));
    if (!(value instanceof Long) || value.longValue() != value.intValue()) {
      throw new ModelFormatException(key + " is " + value);
    }
    return value.intValue();
  }

  /** A metadata number. */
  public Optional<Number> number(String key) {
    return metadata.get(key) instanceof Number n ? Optional.of(n) : Optional.empty();
  }
}
