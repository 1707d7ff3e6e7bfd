package dev.whetstone.gateway.openai;

import dev.whetstone.grammar.schema.CallStyle;
import java.util.List;

/** Finds the calls of tools in an answer as it is written; what is no call is text. */
sealed interface CallReader permits ToolCallReader, JsonCallReader {
  /** Adds text; the parts that are complete now. */
  List<AnswerPart> push(String text);

  /** The rest, when no text follows; a call that was cut off is text. */
  List<AnswerPart> finish();

  /** How many calls were found. */
  int calls();

  static CallReader of(CallStyle style) {
    return switch (style) {
      case HERMES -> new ToolCallReader();
      case LLAMA, MISTRAL -> new JsonCallReader(style);
    };
  }
}
