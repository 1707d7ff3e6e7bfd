package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the calls of tools in an answer as it is written; what is no call is text. */
final class ToolCallReader {
  static final String OPENING = "<tool_call>";
  static final String CLOSING = "</tool_call>";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A piece of text, or a call: its function and its arguments as JSON. */
  record Part(String text, @Nullable String function, String arguments) {
    static Part text(String text) {
      return new Part(text, null, "");
    }
  }

  private final StringBuilder pending = new StringBuilder();
  private boolean inCall;
  private int calls;

  /** Adds text; the parts that are complete now. */
  List<Part> push(String text) {
    pending.append(text);
    List<Part> parts = new ArrayList<>();
    boolean more = true;
    while (more) {
      more = inCall ? readCall(parts) : readText(parts);
    }
    return parts;
  }

  /** The rest, when no text follows; a call that was cut off is text. */
  List<Part> finish() {
    String rest = (inCall ? OPENING : "") + pending;
    pending.setLength(0);
    boolean blank = calls > 0 && rest.isBlank();
    return rest.isEmpty() || blank ? List.of() : List.of(Part.text(rest));
  }

  /** How many calls were found. */
  int calls() {
    return calls;
  }

  private boolean readCall(List<Part> parts) {
    int end = pending.indexOf(CLOSING);
    if (end < 0) {
      return false;
    }
    String call = pending.substring(0, end);
    pending.delete(0, end + CLOSING.length());
    inCall = false;
    parts.add(parse(call));
    return true;
  }

  private Part parse(String call) {
    try {
      JsonNode tree = JSON.readTree(call);
      if (tree.path("name").isTextual() && tree.path("arguments").isObject()) {
        calls++;
        return new Part("", tree.path("name").textValue(), tree.path("arguments").toString());
      }
    } catch (JsonProcessingException malformed) {
      // No JSON, so no call: the model wrote the tags around something else.
    }
    return Part.text(OPENING + call + CLOSING);
  }

  private boolean readText(List<Part> parts) {
    int start = pending.indexOf(OPENING);
    int end = start < 0 ? releasable() : start;
    String text = pending.substring(0, end);
    pending.delete(0, start < 0 ? end : start + OPENING.length());
    // The line end before a call belongs to neither.
    String kept = start < 0 ? text : text.stripTrailing();
    if (!kept.isEmpty() && (calls == 0 || !kept.isBlank())) {
      parts.add(Part.text(kept));
    }
    inCall = start >= 0;
    return inCall;
  }

  /** Characters that belong to no call whatever follows: not those that may begin the tag. */
  private int releasable() {
    int end = pending.length();
    for (int length = Math.min(OPENING.length() - 1, end); length > 0; length--) {
      if (OPENING.startsWith(pending.substring(end - length))) {
        end -= length;
        break;
      }
    }
    while (end > 0 && Character.isWhitespace(pending.charAt(end - 1))) {
      end--;
    }
    return end;
  }
}
