package dev.whetstone.gateway.openai;

import dev.whetstone.grammar.schema.CallStyle;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds calls that are JSON without an end tag: those of Llama 3, which are the whole answer, and
 * those of Mistral, a list whose mark may be a token without text.
 */
final class JsonCallReader extends CallReader {
  private static final Pattern LLAMA = Pattern.compile("\\s*(?=\\{\\s*\"name\"\\s*:)");
  private static final Pattern MISTRAL =
      Pattern.compile("\\s*(\\[TOOL_CALLS\\]\\s*)?\\[\\s*(?=\\{\\s*\"name\"\\s*:)");

  private final CallStyle style;
  private final Pattern opening;

  JsonCallReader(CallStyle style) {
    super(style);
    this.style = style;
    this.opening = style == CallStyle.LLAMA ? LLAMA : MISTRAL;
  }

  @Override
  boolean readText(List<AnswerPart> parts) {
    if (pending.isEmpty()) {
      return false;
    }
    int start = start();
    say(pending.substring(0, start), parts);
    pending.delete(0, start);
    if (place == Place.CALL) {
      pending.delete(0, before.length());
    }
    return place == Place.CALL;
  }

  /** Where a call begins, or might; the end if none does. */
  private int start() {
    if (style == CallStyle.LLAMA) {
      // Further calls may follow a semicolon.
      int from = calls() > 0 && pending.charAt(0) == ';' ? 1 : 0;
      return !said() && begins(from) ? from : pending.length();
    }
    int at = 0;
    while (at < pending.length() && !begins(at)) {
      at++;
    }
    return at;
  }

  /** Whether a call begins at a place, or might; sets which. */
  private boolean begins(int at) {
    Matcher matcher = opening.matcher(pending).region(at, pending.length());
    boolean found = matcher.lookingAt();
    if (found) {
      place = Place.CALL;
      before = matcher.group();
    }
    return found || matcher.hitEnd();
  }

  /** Reads what separates the calls of a list, or ends it. */
  @Override
  boolean readAfter() {
    CallScanner.skipSpace(pending);
    if (pending.isEmpty()) {
      return false;
    }
    char next = pending.charAt(0);
    place = next == ',' ? Place.CALL : Place.TEXT;
    if (next == ',' || next == ']') {
      pending.deleteCharAt(0);
    }
    before = ",";
    return true;
  }

  @Override
  Place afterCall() {
    return style == CallStyle.LLAMA ? Place.TEXT : Place.AFTER;
  }

  @Override
  void refuseCall(List<AnswerPart> parts) {
    // Of Mistral's list the bracket is said first: the rest begins no list.
    String all = style == CallStyle.LLAMA ? before + pending : before;
    pending.delete(0, style == CallStyle.LLAMA ? pending.length() : 0);
    say(all, parts);
  }

  @Override
  boolean isSeparator(String text) {
    return text.chars().allMatch(c -> c == ';' || c <= ' ');
  }
}
