package dev.whetstone.preference.trl;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.whetstone.io.JsonFault;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Message;
import dev.whetstone.text.Roles;
import dev.whetstone.text.TemplateException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads pairs in TRL's preference formats, standard and conversational, in those of OpenAI,
 * orca_dpo_pairs and ultrafeedback_binarized, and in the exports of Argilla and Label Studio. A
 * missing prompt is the common prefix of both completions, and turns that both begin with belong to
 * a conversation's prompt; unknown columns are ignored, as in TRL.
 */
public final class TrlReader {
  private final ObjectReader json;
  private final Optional<ChatTemplate> template;

  /**
   * Creates a reader.
   *
   * @param json must reject what is not strictly JSON
   * @param template renders conversations; empty where the model has none
   */
  public TrlReader(ObjectReader json, Optional<ChatTemplate> template) {
    this.json = json;
    this.template = template;
  }

  /** Reads a pair from a line; the exception says what is wrong with it. */
  public TrlPair read(String line) throws PairFormatException {
    return read(parse(line));
  }

  /**
   * Reads the token ids of a line: those that it gives, with or without texts, or else those of its
   * texts.
   *
   * @throws PairFormatException saying what is wrong with the line
   */
  public TrlPair.Tokens readTokens(String line, PairTokenizer tokenizer)
      throws PairFormatException {
    JsonNode row = parse(line);
    TrlPair.Tokens given = row.has("chosen") || row.has("rejected") ? null : tokens(row);
    return given == null ? tokenizer.tokenize(read(row)) : tokenizer.requireInVocabulary(given);
  }

  TrlPair read(JsonNode row) throws PairFormatException {
    JsonNode chosen = row.path("chosen");
    JsonNode rejected = row.path("rejected");
    if (chosen.isTextual() && rejected.isTextual()) {
      return texts(row, text(chosen, "chosen"), text(rejected, "rejected"));
    }
    if (chosen.isArray() && rejected.isArray()) {
      return conversations(row, messages(chosen, "chosen"), messages(rejected, "rejected"));
    }
    throw new PairFormatException(
        "chosen and rejected must both be texts or both lists of messages");
  }

  JsonNode parse(String line) throws PairFormatException {
    try {
      JsonNode row = json.readTree(line);
      if (!row.isObject()) {
        throw new PairFormatException("not a JSON object");
      }
      JsonNode judged = AnnotationForms.toTrl(row);
      return judged == null ? OtherForms.toTrl(row) : judged;
    } catch (JsonProcessingException malformed) {
      throw new PairFormatException("not JSON: " + JsonFault.of(malformed));
    }
  }

  private static TrlPair texts(JsonNode row, String chosen, String rejected)
      throws PairFormatException {
    JsonNode given = row.path("prompt");
    if (given.isTextual()) {
      return pair(text(given, "prompt"), null, chosen, rejected, row);
    }
    if (!given.isMissingNode()) {
      throw new PairFormatException("prompt must be a text, as chosen and rejected are");
    }
    int shared = sharedPrefix(chosen, rejected);
    return pair(
        chosen.substring(0, shared),
        null,
        chosen.substring(shared),
        rejected.substring(shared),
        row);
  }

  /** Length of the common prefix; a space at its end goes to the completions, as in TRL. */
  private static int sharedPrefix(String chosen, String rejected) {
    int end = Math.min(chosen.length(), rejected.length());
    int at = 0;
    while (at < end && chosen.charAt(at) == rejected.charAt(at)) {
      at++;
    }
    boolean splitsCharacter = at > 0 && Character.isHighSurrogate(chosen.charAt(at - 1));
    boolean afterSpace = at > 0 && chosen.charAt(at - 1) == ' ';
    return splitsCharacter || afterSpace ? at - 1 : at;
  }

  private TrlPair conversations(JsonNode row, List<Message> chosen, List<Message> rejected)
      throws PairFormatException {
    JsonNode given = row.path("prompt");
    if (!given.isArray() && !given.isMissingNode()) {
      throw new PairFormatException(
          "prompt must be a list of messages, as chosen and rejected are");
    }
    List<Message> prompt = new ArrayList<>();
    if (given.isArray()) {
      prompt.addAll(messages(given, "prompt"));
    }
    // Two equal conversations still end in an answer.
    int end = Math.min(chosen.size(), rejected.size()) - 1;
    int shared = 0;
    while (shared < end && chosen.get(shared).equals(rejected.get(shared))) {
      prompt.add(chosen.get(shared++));
    }
    return pair(
        render(prompt),
        List.copyOf(prompt),
        answer(chosen.subList(shared, chosen.size()), "chosen"),
        answer(rejected.subList(shared, rejected.size()), "rejected"),
        row);
  }

  private static String answer(List<Message> turns, String field) throws PairFormatException {
    if (turns.size() != 1 || !turns.getFirst().role().equals("assistant")) {
      throw new PairFormatException(
          field + " must be one assistant message after the turns that both sides share");
    }
    return turns.getFirst().content();
  }

  private String render(List<Message> prompt) throws PairFormatException {
    if (prompt.isEmpty()) {
      throw new PairFormatException("the prompt is empty");
    }
    try {
      return template
          .orElseThrow(
              () -> new PairFormatException("this model has no chat template for messages"))
          .render(prompt, true)
          .text();
    } catch (TemplateException rejected) {
      throw new PairFormatException(
          "the chat template cannot render the prompt: " + rejected.getMessage());
    }
  }

  private static TrlPair pair(
      String prompt, @Nullable List<Message> messages, String chosen, String rejected, JsonNode row)
      throws PairFormatException {
    if (prompt.isEmpty()) {
      throw new PairFormatException("the prompt is empty");
    }
    return new TrlPair(prompt, messages, chosen, rejected, tokens(row));
  }

  private static List<Message> messages(JsonNode turns, String field) throws PairFormatException {
    List<Message> messages = new ArrayList<>();
    for (JsonNode turn : turns) {
      JsonNode role = turn.path("role");
      JsonNode content = turn.path("content");
      if (!role.isTextual() || !content.isTextual()) {
        throw new PairFormatException("a message of " + field + " needs a role and a content");
      }
      String name = text(role, field);
      String known =
          Roles.canonical(name)
              .orElseThrow(
                  () ->
                      new PairFormatException(
                          "a message of %s has a role that is none of developer and %s"
                              .formatted(field, Roles.NAMES)));
      messages.add(new Message(known, text(content, field)));
    }
    return List.copyOf(messages);
  }

  private static String text(JsonNode node, String field) throws PairFormatException {
    String text = node.textValue();
    boolean bad =
        text.codePoints()
            .anyMatch(
                c -> c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
    if (bad) {
      throw new PairFormatException(field + " holds U+0000 or a lone surrogate");
    }
    return text;
  }

  private static TrlPair.@Nullable Tokens tokens(JsonNode row) throws PairFormatException {
    if (!row.has("prompt_ids") || !row.has("chosen_ids") || !row.has("rejected_ids")) {
      return null;
    }
    int[] prompt = ids(row, "prompt_ids");
    if (prompt.length == 0) {
      throw new PairFormatException("prompt_ids is empty");
    }
    return new TrlPair.Tokens(prompt, ids(row, "chosen_ids"), ids(row, "rejected_ids"));
  }

  private static int[] ids(JsonNode row, String field) throws PairFormatException {
    JsonNode list = row.path(field);
    if (!list.isArray()) {
      throw new PairFormatException(field + " must be a list of token ids");
    }
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = list.path(i);
      if (!id.isInt() || id.intValue() < 0) {
        throw new PairFormatException(field + " must be a list of token ids");
      }
      ids[i] = id.intValue();
    }
    return ids;
  }
}
