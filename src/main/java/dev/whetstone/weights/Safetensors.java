package dev.whetstone.weights;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.whetstone.io.JsonFault;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The safetensors format (github.com/huggingface/safetensors): 8 bytes with the length of a JSON
 * header, the header, then the tensors' bytes. F32, F16 and BF16 are supported.
 */
public final class Safetensors extends MappedTensors {
  private static final long MAX_HEADER = 100_000_000;
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final Map<String, String> metadata;

  private Safetensors(
      @Nullable Arena arena, Map<String, StoredTensor> tensors, Map<String, String> metadata) {
    super(arena, tensors);
    this.metadata = metadata;
  }

  /**
   * Maps a file; it stays open until {@link #close}.
   *
   * @throws ModelFormatException when it is not a valid safetensors file
   */
  public static Safetensors open(Path file) throws IOException {
    return map(file, Safetensors::parse);
  }

  /** Reads tensors from memory. */
  public static Safetensors of(byte[] bytes) {
    return of(MemorySegment.ofArray(bytes));
  }

  /** Reads tensors from memory, which must outlive them. */
  public static Safetensors of(MemorySegment bytes) {
    return parse(bytes, null);
  }

  private static Safetensors parse(MemorySegment file, @Nullable Arena arena) {
    if (file.byteSize() < Long.BYTES) {
      throw new ModelFormatException("not a safetensors file: it has no header");
    }
    long length = file.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    if (length < 2 || length > Math.min(MAX_HEADER, file.byteSize() - Long.BYTES)) {
      throw new ModelFormatException(
          "not a safetensors file: a header of " + length + " bytes does not fit");
    }
    byte[] header = file.asSlice(Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
    MemorySegment data = file.asSlice(Long.BYTES + length);
    Map<String, StoredTensor> tensors = new TreeMap<>();
    Map<String, String> metadata = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : json(header).properties()) {
      if (entry.getKey().equals("__metadata__")) {
        entry.getValue().properties().forEach(p -> metadata.put(p.getKey(), p.getValue().asText()));
      } else {
        tensors.put(entry.getKey(), tensor(entry.getKey(), entry.getValue(), data));
      }
    }
    StoredTensor.requireNoOverlap(tensors, data);
    return new Safetensors(arena, tensors, metadata);
  }

  private static JsonNode json(byte[] header) {
    try (JsonParser parser = JSON.createParser(header)) {
      JsonNode root = JSON.readTree(parser);
      if (root == null || !root.isObject()) {
        throw new ModelFormatException("the safetensors header is not a JSON object");
      }
      return root;
    } catch (IOException e) {
      throw new ModelFormatException("the safetensors header is not JSON: " + JsonFault.of(e), e);
    }
  }

  private static StoredTensor tensor(String name, JsonNode entry, MemorySegment data) {
    ElementType type =
        switch (entry.path("dtype").asText()) {
          case "F32" -> ElementType.F32;
          case "F16" -> ElementType.F16;
          case "BF16" -> ElementType.BF16;
          default ->
              throw new ModelFormatException(
                  "tensor %s is of type %s: F32, F16 and BF16 are supported"
                      .formatted(name, entry.path("dtype").asText("unknown")));
        };
    JsonNode offsets = entry.path("data_offsets");
    if (!entry.path("shape").isArray() || offsets.size() != 2) {
      throw new ModelFormatException("tensor " + name + " has no shape or no data_offsets");
    }
    long[] shape = new long[entry.path("shape").size()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = size(entry.path("shape").get(i));
    }
    long start = size(offsets.get(0));
    StoredTensor tensor = StoredTensor.of(name, type, shape, data, start);
    if (size(offsets.get(1)) != start + tensor.data().byteSize()) {
      throw new ModelFormatException(
          "tensor " + name + " has a shape and a byte range of different sizes");
    }
    return tensor;
  }

  /** A whole number, or -1, which is neither a valid dimension nor a valid offset. */
  private static long size(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToLong() ? node.asLong() : -1;
  }

  /** Free-form header entries. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }
}
