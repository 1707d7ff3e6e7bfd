package dev.whetstone.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A GGUF file, versions 2 and 3 (github.com/ggml-org/ggml, docs/gguf.md), with the tensor names
 * that the file uses; {@link GgufModel} maps them to canonical names.
 */
public final class GgufFile extends MappedTensors {
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

  private final Map<String, Object> metadata;

  private GgufFile(Arena arena, Map<String, Object> metadata, Map<String, StoredTensor> tensors) {
    super(arena, tensors);
    this.metadata = metadata;
  }

  /**
   * Maps a file, or the first of the files that llama.cpp's gguf-split made of one, with the others
   * beside it; it stays open until {@link #close}.
   *
   * @throws ModelFormatException when the file is damaged or has a tensor of an unsupported type,
   *     or a part is missing
   */
  public static GgufFile open(Path file) throws IOException {
    GgufFile first = map(file, GgufFile::single);
    try {
      for (Path part : GgufSplit.further(file, first.metadata)) {
        first.take(map(part, GgufFile::single));
      }
      GgufSplit.requireComplete(file, first.metadata, first.names().size());
      return first;
    } catch (IOException | RuntimeException e) {
      first.close();
      throw e;
    }
  }

  private static GgufFile single(MemorySegment file, Arena arena) {
    GgufHeader header = GgufHeader.parse(file);
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (GgufHeader.Entry entry : header.entries()) {
      StoredTensor tensor =
          StoredTensor.of(
              entry.name(),
              type(entry),
              entry.shape(),
              file,
              entry.offset() < 0 || entry.offset() > file.byteSize()
                  ? -1
                  : header.dataStart() + entry.offset());
      if (tensors.put(entry.name(), tensor) != null) {
        throw new ModelFormatException("tensor " + entry.name() + " appears twice");
      }
    }
    StoredTensor.requireNoOverlap(tensors, file);
    return new GgufFile(arena, Collections.unmodifiableMap(header.metadata()), tensors);
  }

  private static ElementType type(GgufHeader.Entry entry) {
    return ElementType.ofGgml(entry.type())
        .orElseThrow(
            () ->
                new ModelFormatException(
                    "tensor %s is of type %s, which is not supported; these are: %s"
                        .formatted(
                            entry.name(),
                            typeName(entry.type()),
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
