package dev.whetstone.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The bytes of each id of a byte-level tokenizer.json. */
final class Vocabulary {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final byte[] NO_BYTES = {};

  private final byte[][] bytes;
  private final Set<Integer> special = new HashSet<>();

  private Vocabulary(int size) {
    bytes = new byte[size][];
  }

  /**
   * Reads a tokenizer.json.
   *
   * @throws IOException when the file cannot be read or its decoder is not byte-level
   */
  static Vocabulary read(Path tokenizerJson) throws IOException {
    JsonNode root = JSON.readTree(tokenizerJson.toFile());
    String decoder = root.path("decoder").path("type").asText("none");
    if (!decoder.equals("ByteLevel")) {
      throw new IOException(
          "%s: its decoder is %s; only byte-level tokenizers are supported"
              .formatted(tokenizerJson, decoder));
    }
    Vocabulary vocabulary = new Vocabulary(size(root));
    for (Map.Entry<String, JsonNode> token : root.path("model").path("vocab").properties()) {
      vocabulary.bytes[token.getValue().intValue()] = ByteAlphabet.bytes(token.getKey());
    }
    for (JsonNode token : root.path("added_tokens")) {
      int id = token.path("id").intValue();
      vocabulary.bytes[id] = ByteAlphabet.bytes(token.path("content").asText());
      if (token.path("special").booleanValue()) {
        vocabulary.special.add(id);
      }
    }
    return vocabulary;
  }

  private static int size(JsonNode root) throws IOException {
    int last = -1;
    for (JsonNode id : root.path("model").path("vocab")) {
      last = Math.max(last, checked(id));
    }
    for (JsonNode token : root.path("added_tokens")) {
      last = Math.max(last, checked(token.path("id")));
    }
    return last + 1;
  }

  private static int checked(JsonNode id) throws IOException {
    if (!id.isInt() || id.intValue() < 0 || id.intValue() > 1 << 24) {
      throw new IOException("a token id of tokenizer.json is " + id);
    }
    return id.intValue();
  }

  /** One more than the highest id. */
  int size() {
    return bytes.length;
  }

  boolean contains(int id) {
    return id >= 0 && id < bytes.length && bytes[id] != null;
  }

  /** The bytes of an id's token; empty for ids without a token. */
  byte[] bytes(int id) {
    return contains(id) ? bytes[id].clone() : NO_BYTES;
  }

  /** The bytes that an id adds to a text: empty for special tokens and for ids without a token. */
  byte[] renderedBytes(int id) {
    byte @Nullable [] found = contains(id) && !special.contains(id) ? bytes[id] : null;
    return found == null ? NO_BYTES : found;
  }
}
