package dev.whetstone.gateway.openai;

import dev.whetstone.grammar.schema.CallStyle;
import java.util.List;

/** Finds the calls of Hermes and Qwen, which stand between tags. */
final class ToolCallReader extends CallReader {
  static final String OPENING = "<tool_call>";
  static final String CLOSING = "</tool_call>";

  ToolCallReader() {
    super(CallStyle.HERMES);
  }

  // The line end before a call belongs to neither, but is said if it is none.
  @Override
  boolean readText(List<AnswerPart> parts) {
    int start = pending.indexOf(OPENING);
    int end = start < 0 ? Tags.certain(pending, OPENING) : start;
    String text = pending.substring(0, end);
    pending.delete(0, start < 0 ? end : start + OPENING.length());
    String kept = start < 0 ? text : text.stripTrailing();
    say(kept, parts);
    before = text.substring(kept.length()) + OPENING;
    place = start < 0 ? Place.TEXT : Place.CALL;
    return start >= 0;
  }

  @Override
  boolean readAfter() {
    CallScanner.skipSpace(pending);
    boolean closed = pending.length() >= CLOSING.length();
    if (!closed && CLOSING.startsWith(pending.toString())) {
      return false;
    }
    if (pending.indexOf(CLOSING) == 0) {
      pending.delete(0, CLOSING.length());
    }
    place = Place.TEXT;
    return true;
  }

  @Override
  Place afterCall() {
    return Place.AFTER;
  }

  @Override
  void refuseCall(List<AnswerPart> parts) {
    say(before, parts);
  }

  @Override
  boolean isSeparator(String text) {
    return text.isBlank();
  }
}
