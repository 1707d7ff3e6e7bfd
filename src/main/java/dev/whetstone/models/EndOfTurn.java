package dev.whetstone.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Message;
import dev.whetstone.text.TemplateException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * The token that a chat template puts behind an assistant's turn. A model writes it at the end of
 * an answer, even where its files name other ends alone.
 */
final class EndOfTurn {
  private static final String ANSWER = "whetstone";

  private EndOfTurn() {}

  /** The token's id; empty where the template is broken, or ends a turn with plain text. */
  static OptionalInt of(ChatTemplate template, Path tokenizerJson) throws IOException {
    String rendered;
    try {
      rendered =
          template
              .render(
                  List.of(new Message("user", "Name a stone."), new Message("assistant", ANSWER)),
                  false)
              .text();
    } catch (TemplateException refused) {
      return OptionalInt.empty();
    }
    int answer = rendered.lastIndexOf(ANSWER);
    if (answer < 0) {
      return OptionalInt.empty();
    }
    String behind = rendered.substring(answer + ANSWER.length()).stripLeading();
    int longest = 0;
    OptionalInt id = OptionalInt.empty();
    JsonNode added = new ObjectMapper().readTree(tokenizerJson.toFile()).path("added_tokens");
    for (JsonNode token : added) {
      String text = token.path("content").asText();
      if (token.path("id").isInt() && text.length() > longest && behind.startsWith(text)) {
        longest = text.length();
        id = OptionalInt.of(token.path("id").asInt());
      }
    }
    return id;
  }
}
