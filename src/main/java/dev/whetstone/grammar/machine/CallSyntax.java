package dev.whetstone.grammar.machine;

import dev.whetstone.grammar.schema.CallStyle;
import dev.whetstone.grammar.schema.Shape;

/**
 * How calls of tools are written that follow a mark: as Hermes and Qwen do, a JSON object between
 * two tags, each on a line of its own; or as Mistral does, a list after a mark that may be a token.
 *
 * @param call the shape of the object, or of the list
 * @param parallel whether further calls may follow
 */
record CallSyntax(Shape call, CallStyle style, boolean parallel) {
  private static final String HERMES_OPENING = "<tool_call>";
  private static final String HERMES_CLOSING = "\n</tool_call>";

  /** The text before a call. */
  String opening() {
    return style == CallStyle.MISTRAL ? CallStyle.MISTRAL_MARK : HERMES_OPENING;
  }

  /** Whether a byte stands for the token that is the mark. */
  boolean isMark(int b) {
    return style == CallStyle.MISTRAL && b == CallStyle.MARK_BYTE;
  }

  /** Begins after the opening. */
  Stack afterOpening(Stack below) {
    if (style == CallStyle.MISTRAL) {
      return below.push(new ValueFrame(call, Spaces.OPEN));
    }
    return below
        .push(new AfterCallFrame(this))
        .push(new MarkFrame(HERMES_CLOSING, 0))
        .push(new ValueFrame(call, Spaces.NONE))
        .push(new MarkFrame("\n", 0));
  }
}
