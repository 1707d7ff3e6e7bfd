package dev.whetstone.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The tokens of a tokenizer.json, and the bytes that each stands for. */
final class Vocabulary {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final byte[] NO_BYTES = {};

  /** SentencePiece's tokens of one byte, for characters that have none of their own. */
  private static final Pattern BYTE = Pattern.compile("<0x([0-9A-Fa-f]{2})>");

  /** How tokens stand for text. */
  private enum Spelling {
    /** Every character of a token stands for a byte. */
    BYTE_LEVEL,

    /** U+2581 stands for a space, and some tokens for single bytes. */
    META_SPACE,

    /** A token is its text. */
    PLAIN
  }

  private final Spelling spelling;
  private final byte[][] bytes;
  private final Set<Integer> special = new HashSet<>();
  private final List<ControlTokens.Token> control = new ArrayList<>();

  /** How turn markers look in tokenizers that do not call them special. */
  private static final Pattern MARKER = Pattern.compile("<[|\uff5c].+[|\uff5c]>");

  private Vocabulary(Spelling spelling, int size) {
    this.spelling = spelling;
    this.bytes = new byte[size][];
  }

  /**
   * Reads a tokenizer.json.
   *
   * @throws IOException when the file cannot be read or has no vocabulary
   */
  static Vocabulary read(Path tokenizerJson) throws IOException {
    JsonNode root = JSON.readTree(tokenizerJson.toFile());
    JsonNode tokens = root.path("model").path("vocab");
    if (tokens.isMissingNode()) {
      throw new IOException(tokenizerJson + " has no vocabulary");
    }
    Vocabulary vocabulary = new Vocabulary(spelling(root), size(root));
    if (tokens.isArray()) {
      for (int id = 0; id < tokens.size(); id++) {
        vocabulary.put(id, tokens.get(id).path(0).asText());
      }
    } else {
      for (Map.Entry<String, JsonNode> token : tokens.properties()) {
        vocabulary.put(token.getValue().intValue(), token.getKey());
      }
    }
    for (JsonNode token : root.path("added_tokens")) {
      int id = token.path("id").intValue();
      String content = token.path("content").asText();
      vocabulary.put(id, content);
      boolean special = token.path("special").booleanValue();
      if (special) {
        vocabulary.special.add(id);
      }
      if (!content.isEmpty() && (special || MARKER.matcher(content).matches())) {
        vocabulary.control.add(new ControlTokens.Token(content, id, special));
      }
    }
    return vocabulary;
  }

  private static Spelling spelling(JsonNode root) {
    JsonNode decoder = root.path("decoder");
    if (decoder.path("type").asText().equals("ByteLevel")) {
      return Spelling.BYTE_LEVEL;
    }
    for (JsonNode part : decoder.path("decoders")) {
      if (part.path("type").asText().equals("ByteLevel")) {
        return Spelling.BYTE_LEVEL;
      }
    }
    return root.toString().contains("\u2581") ? Spelling.META_SPACE : Spelling.PLAIN;
  }

  private void put(int id, String token) {
    bytes[id] =
        switch (spelling) {
          case BYTE_LEVEL -> ByteAlphabet.bytes(token);
          case META_SPACE -> pieceBytes(token);
          case PLAIN -> token.getBytes(StandardCharsets.UTF_8);
        };
  }

  private static byte[] pieceBytes(String token) {
    Matcher single = BYTE.matcher(token);
    return single.matches()
        ? new byte[] {(byte) Integer.parseInt(single.group(1), 16)}
        : token.replace('\u2581', ' ').getBytes(StandardCharsets.UTF_8);
  }

  private static int size(JsonNode root) throws IOException {
    JsonNode tokens = root.path("model").path("vocab");
    int last = tokens.isArray() ? tokens.size() - 1 : -1;
    if (!tokens.isArray()) {
      for (JsonNode id : tokens) {
        last = Math.max(last, checked(id));
      }
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

  /** The tokens that can tell a model where turns begin and end. */
  List<ControlTokens.Token> control() {
    return List.copyOf(control);
  }

  /** Whether a token's bytes are its part of every text, whatever stands before it. */
  boolean isByteLevel() {
    return spelling == Spelling.BYTE_LEVEL;
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

  /** Whether an id stands for text: it has a token, which is not special. */
  boolean isText(int id) {
    return contains(id) && !special.contains(id);
  }

  /** The bytes that an id adds to a text: empty for special tokens and for ids without a token. */
  byte[] renderedBytes(int id) {
    byte @Nullable [] found = isText(id) ? bytes[id] : null;
    return found == null ? NO_BYTES : found;
  }
}
