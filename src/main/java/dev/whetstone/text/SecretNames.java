package dev.whetstone.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Names for control tokens that nobody can write, since they are drawn at random: a tokenizer that
 * knows the tokens by these takes what a user writes for text, and yet treats the stretches between
 * them, and the borders, as it always does.
 */
final class SecretNames {
  private static final int BYTES = 16;

  private final Map<String, String> names = new LinkedHashMap<>();

  SecretNames(List<ControlTokens.Token> tokens) {
    byte[] secret = new byte[BYTES];
    new SecureRandom().nextBytes(secret);
    // Lower-case ASCII, which no normaliser changes.
    String prefix = "q" + HexFormat.of().formatHex(secret) + "q";
    for (ControlTokens.Token token : tokens) {
      names.put(token.text(), prefix + String.format("%08d", names.size()));
    }
  }

  /** The text with the secret names of the control tokens at their places. */
  String write(String text, List<ControlTokens.Place> places) {
    StringBuilder result = new StringBuilder();
    int from = 0;
    for (ControlTokens.Place place : places) {
      result.append(text, from, place.from()).append(name(place.token().text()));
      from = place.to();
    }
    return result.append(text, from, text.length()).toString();
  }

  private String name(String token) {
    return names.getOrDefault(token, token);
  }

  /** Renames the control tokens of a tokenizer.json. */
  void rename(ObjectNode tokenizer) {
    for (JsonNode token : tokenizer.path("added_tokens")) {
      ((ObjectNode) token).put("content", name(token.path("content").asText()));
    }
    tokenizer.putNull("post_processor");
    if (tokenizer.path("model") instanceof ObjectNode model) {
      model.set("vocab", vocabulary(model.path("vocab")));
      if (model.path("merges") instanceof ArrayNode merges) {
        model.set("merges", merges(merges));
      }
      if (model.path("unk_token").isTextual()) {
        model.put("unk_token", name(model.path("unk_token").asText()));
      }
    }
  }

  private JsonNode vocabulary(JsonNode tokens) {
    if (tokens instanceof ArrayNode scored) {
      for (JsonNode token : scored) {
        ((ArrayNode) token).set(0, TextNode.valueOf(name(token.path(0).asText())));
      }
      return scored;
    }
    ObjectNode renamed = ((ObjectNode) tokens).objectNode();
    tokens.properties().forEach(token -> renamed.set(name(token.getKey()), token.getValue()));
    return renamed;
  }

  /** The merges that make no control token out of text. */
  private ArrayNode merges(ArrayNode merges) {
    ArrayNode kept = merges.arrayNode();
    for (JsonNode merge : merges) {
      String[] parts =
          merge.isArray()
              ? new String[] {merge.path(0).asText(), merge.path(1).asText()}
              : merge.asText().split(" ", 2);
      boolean control =
          parts.length == 2
              && (names.containsKey(parts[0])
                  || names.containsKey(parts[1])
                  || names.containsKey(parts[0] + parts[1]));
      if (!control) {
        kept.add(merge);
      }
    }
    return kept;
  }
}
