package dev.whetstone.gateway.openai;

import dev.whetstone.grammar.schema.CallStyle;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the calls of tools in an answer as it is written; what is no call is text. How a call
 * begins, and what stands between calls, is each subclass's.
 */
abstract sealed class CallReader permits ToolCallReader, JsonCallReader {
  /** Where the next character belongs. */
  enum Place {
    TEXT,
    CALL,
    AFTER
  }

  private final CallScanner scanner;
  private boolean said;
  private int calls;

  /** What was not yet read. */
  final StringBuilder pending = new StringBuilder();

  Place place = Place.TEXT;

  /** What opened a call, to be said if it is none. */
  String before = "";

  CallReader(CallStyle style) {
    scanner = new CallScanner(style.arguments());
  }

  static CallReader of(CallStyle style) {
    return switch (style) {
      case HERMES -> new ToolCallReader();
      case LLAMA, MISTRAL -> new JsonCallReader(style);
    };
  }

  /** Adds text; the parts that are complete now. */
  final List<AnswerPart> push(String text) {
    pending.append(text);
    List<AnswerPart> parts = new ArrayList<>();
    boolean more = true;
    while (more) {
      more =
          switch (place) {
            case TEXT -> readText(parts);
            case CALL -> readCall(parts);
            case AFTER -> readAfter();
          };
    }
    return parts;
  }

  /** The rest, when no text follows; a call that was cut off is text. */
  final List<AnswerPart> finish() {
    List<AnswerPart> parts = new ArrayList<>();
    if (place == Place.CALL && !scanner.begun()) {
      say(before + pending, parts);
    } else if (place == Place.TEXT) {
      say(pending.toString(), parts);
    }
    pending.setLength(0);
    return parts;
  }

  /** How many calls were found. */
  final int calls() {
    return calls;
  }

  /** Whether any text was said. */
  final boolean said() {
    return said;
  }

  /** Reads text up to the next call; false when more must come first. */
  abstract boolean readText(List<AnswerPart> parts);

  /** Reads what stands behind a call; false when more must come first. */
  abstract boolean readAfter();

  /** Where a call ends. */
  abstract Place afterCall();

  /** Says what looked like the opening of a call. */
  abstract void refuseCall(List<AnswerPart> parts);

  /** Whether this only separates calls, and is not said after one. */
  abstract boolean isSeparator(String text);

  private boolean readCall(List<AnswerPart> parts) {
    boolean begun = scanner.begun();
    CallScanner.Progress progress = scanner.read(pending, parts);
    if (!begun && (scanner.begun() || progress == CallScanner.Progress.ENDED)) {
      calls++;
    }
    switch (progress) {
      case OPEN -> {
        return false;
      }
      case ENDED -> place = afterCall();
      case NO_CALL -> {
        refuseCall(parts);
        place = Place.TEXT;
      }
    }
    return true;
  }

  final void say(String text, List<AnswerPart> parts) {
    if (!text.isEmpty() && !(calls > 0 && isSeparator(text))) {
      said = true;
      parts.add(new AnswerPart.Text(text));
    }
  }
}
