package dev.whetstone.gateway.openai;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads calls as they are written: a JSON object of a name and of arguments, in this order. What
 * the arguments are is passed on at once.
 */
final class CallScanner {
  /** How far a call was read. */
  enum Progress {
    /** More text may follow. */
    OPEN,
    /** The text is not the start of a call. */
    NO_CALL,
    /** The object has ended. */
    ENDED
  }

  private enum Place {
    HEAD,
    ARGUMENTS,
    TAIL
  }

  private final Pattern head;
  private Place place = Place.HEAD;
  private int depth;
  private boolean inString;
  private boolean escaped;

  /**
   * @param arguments name of the property that holds them
   */
  CallScanner(String arguments) {
    head =
        Pattern.compile(
            "\\s*\\{\\s*\"name\"\\s*:\\s*\"([A-Za-z0-9_.:-]+)\"\\s*,\\s*\""
                + arguments
                + "\"\\s*:\\s*(?=\\{)");
  }

  /** Whether the name of a call was read, so that it is one even if it is cut off. */
  boolean begun() {
    return place != Place.HEAD;
  }

  /** Takes from the start of a text what belongs to the call, and adds its parts. */
  Progress read(StringBuilder text, List<AnswerPart> parts) {
    if (place == Place.HEAD) {
      Matcher matcher = head.matcher(text);
      if (!matcher.lookingAt()) {
        return matcher.hitEnd() ? Progress.OPEN : Progress.NO_CALL;
      }
      parts.add(new AnswerPart.Call(matcher.group(1)));
      text.delete(0, matcher.end());
      place = Place.ARGUMENTS;
    }
    if (place == Place.ARGUMENTS) {
      readArguments(text, parts);
    }
    return place == Place.TAIL ? readTail(text) : Progress.OPEN;
  }

  private void readArguments(StringBuilder text, List<AnswerPart> parts) {
    int end = 0;
    while (end < text.length() && place == Place.ARGUMENTS) {
      scan(text.charAt(end++));
    }
    if (end > 0) {
      parts.add(new AnswerPart.Arguments(text.substring(0, end)));
      text.delete(0, end);
    }
  }

  private void scan(char c) {
    if (inString) {
      inString = escaped || c != '"';
      escaped = !escaped && c == '\\';
      return;
    }
    switch (c) {
      case '"' -> inString = true;
      case '{', '[' -> depth++;
      case '}', ']' -> depth--;
      default -> {}
    }
    if (depth == 0) {
      place = Place.TAIL;
    }
  }

  private Progress readTail(StringBuilder text) {
    skipSpace(text);
    if (text.isEmpty()) {
      return Progress.OPEN;
    }
    if (text.charAt(0) == '}') {
      text.deleteCharAt(0);
    }
    place = Place.HEAD;
    return Progress.ENDED;
  }

  static void skipSpace(StringBuilder text) {
    int end = 0;
    while (end < text.length() && Character.isWhitespace(text.charAt(end))) {
      end++;
    }
    text.delete(0, end);
  }
}
