package dev.whetstone.preference.trl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.text.ChatTemplate;
import java.util.Optional;

/**
 * Reads lines of TRL's unpaired preference format, standard and conversational: {@code prompt},
 * {@code completion} and {@code label}, and on request {@code prompt_ids} and {@code
 * completion_ids}.
 */
public final class TrlRatingReader {
  private final TrlReader pairs;

  /**
   * Creates a reader.
   *
   * @param json must reject what is not strictly JSON
   * @param template renders conversations; empty where the model has none
   */
  public TrlRatingReader(ObjectReader json, Optional<ChatTemplate> template) {
    this.pairs = new TrlReader(json, template);
  }

  /** Whether a line is of this format rather than a pair. */
  public boolean isRating(String line) throws PairFormatException {
    JsonNode row = pairs.parse(line);
    return !row.has("chosen") && !row.has("chosen_ids") && (row.has("label") || has(row));
  }

  private static boolean has(JsonNode row) {
    return row.has("completion") || row.has("completion_ids");
  }

  /** Reads a rating from a line; the exception says what is wrong with it. */
  public TrlRating read(String line) throws PairFormatException {
    JsonNode row = pairs.parse(line);
    boolean label = label(row);
    JsonNode completion = row.path("completion");
    if (!completion.isTextual() && !completion.isArray()) {
      throw new PairFormatException("completion must be a text or a list of messages");
    }
    if (row.path("prompt").isMissingNode()) {
      throw new PairFormatException("a line with a completion needs a prompt");
    }
    if (completion.isArray() != row.path("prompt").isArray()) {
      throw new PairFormatException(
          "prompt and completion must both be texts or both lists of messages");
    }
    return new TrlRating(pairs.read(asPair(row)), label);
  }

  /**
   * Reads the token ids of a line: those that it gives, with or without texts, or else those of its
   * texts.
   *
   * @return ids of the completion as both sides of a pair
   */
  public TrlPair.Tokens readTokens(String line, PairTokenizer tokenizer)
      throws PairFormatException {
    JsonNode row = pairs.parse(line);
    boolean _ = label(row);
    return row.has("completion")
        ? tokenizer.tokenize(read(line).answer())
        : pairs.readTokens(asPair(row).toString(), tokenizer);
  }

  /** The label of a line. */
  public boolean label(String line) throws PairFormatException {
    return label(pairs.parse(line));
  }

  private static boolean label(JsonNode row) throws PairFormatException {
    if (!row.path("label").isBoolean()) {
      throw new PairFormatException("label must be true or false");
    }
    return row.path("label").booleanValue();
  }

  // What reads pairs reads a completion, too: the same one on both sides.
  private static ObjectNode asPair(JsonNode row) {
    ObjectNode pair = row.deepCopy();
    for (String suffix : new String[] {"", "_ids"}) {
      JsonNode completion = pair.remove("completion" + suffix);
      if (completion != null) {
        pair.set("chosen" + suffix, completion);
        pair.set("rejected" + suffix, completion);
      }
    }
    return pair;
  }
}
