package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.grammar.schema.CallStyle;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds calls that are JSON without an end tag: those of Llama 3, which are the whole answer, and
 * those of Mistral, a list whose mark may be a token without text.
 */
final class JsonCallReader implements CallReader {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern LLAMA = Pattern.compile("\\s*\\{\\s*\"name\"\\s*:");
  private static final Pattern MISTRAL =
      Pattern.compile("\\s*(\\[TOOL_CALLS\\]\\s*)?\\[\\s*\\{\\s*\"name\"\\s*:");

  private final CallStyle style;
  private final Pattern opening;
  private final StringBuilder pending = new StringBuilder();
  private boolean inCall;
  private boolean said;
  private int calls;

  // Where the value of a call has been scanned to.
  private int scanned;
  private int depth;
  private boolean inString;
  private boolean escaped;

  JsonCallReader(CallStyle style) {
    this.style = style;
    this.opening = style == CallStyle.LLAMA ? LLAMA : MISTRAL;
  }

  @Override
  public List<AnswerPart> push(String text) {
    pending.append(text);
    List<AnswerPart> parts = new ArrayList<>();
    boolean more = true;
    while (more) {
      more = inCall ? readCall(parts) : readText(parts);
    }
    return parts;
  }

  @Override
  public List<AnswerPart> finish() {
    List<AnswerPart> parts = new ArrayList<>();
    say(pending.toString(), parts);
    pending.setLength(0);
    return parts;
  }

  @Override
  public int calls() {
    return calls;
  }

  private boolean readText(List<AnswerPart> parts) {
    if (pending.isEmpty()) {
      return false;
    }
    int start = start();
    say(pending.substring(0, start), parts);
    pending.delete(0, start);
    return inCall;
  }

  /** Where a call begins, or might; the end if none does. */
  private int start() {
    if (style == CallStyle.LLAMA) {
      // Further calls may follow a semicolon.
      int from = calls > 0 && pending.charAt(0) == ';' ? 1 : 0;
      return !said && begins(from) ? from : pending.length();
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
    inCall = matcher.lookingAt();
    if (inCall) {
      scanned = matcher.end() - at;
      depth = style == CallStyle.LLAMA ? 1 : 2;
    }
    return inCall || matcher.hitEnd();
  }

  private boolean readCall(List<AnswerPart> parts) {
    while (depth > 0 && scanned < pending.length()) {
      scan(pending.charAt(scanned++));
    }
    if (depth > 0) {
      return false;
    }
    String text = pending.substring(0, scanned);
    pending.delete(0, scanned);
    inCall = false;
    List<AnswerPart> found = parse(text);
    if (found.isEmpty()) {
      say(text, parts);
    }
    calls += found.size();
    parts.addAll(found);
    return true;
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
  }

  private List<AnswerPart> parse(String text) {
    List<AnswerPart> found = new ArrayList<>();
    String json = text.strip();
    try {
      JsonNode tree =
          JSON.readTree(
              json.startsWith(CallStyle.MISTRAL_MARK)
                  ? json.substring(CallStyle.MISTRAL_MARK.length())
                  : json);
      for (JsonNode call : tree.isArray() ? tree : List.of(tree)) {
        JsonNode arguments = call.path(style.arguments());
        if (!call.path("name").isTextual() || !arguments.isObject()) {
          return List.of();
        }
        found.add(new AnswerPart.Call(call.path("name").textValue(), arguments.toString()));
      }
    } catch (JsonProcessingException malformed) {
      return List.of();
    }
    return found;
  }

  private void say(String text, List<AnswerPart> parts) {
    boolean separator = calls > 0 && text.chars().allMatch(c -> c == ';' || c <= ' ');
    if (!text.isEmpty() && !separator) {
      said = true;
      parts.add(new AnswerPart.Text(text));
    }
  }
}
