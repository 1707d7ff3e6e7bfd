package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;

/** Finds the calls of Hermes and Qwen, which stand between tags. */
final class ToolCallReader implements CallReader {
  static final String OPENING = "<tool_call>";
  static final String CLOSING = "</tool_call>";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final StringBuilder pending = new StringBuilder();
  private boolean inCall;
  private int calls;

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
    String rest = (inCall ? OPENING : "") + pending;
    pending.setLength(0);
    boolean blank = calls > 0 && rest.isBlank();
    return rest.isEmpty() || blank ? List.of() : List.of(new AnswerPart.Text(rest));
  }

  @Override
  public int calls() {
    return calls;
  }

  private boolean readCall(List<AnswerPart> parts) {
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

  private AnswerPart parse(String call) {
    try {
      JsonNode tree = JSON.readTree(call);
      if (tree.path("name").isTextual() && tree.path("arguments").isObject()) {
        calls++;
        return new AnswerPart.Call(
            tree.path("name").textValue(), tree.path("arguments").toString());
      }
    } catch (JsonProcessingException malformed) {
      // No JSON, so no call: the model wrote the tags around something else.
    }
    return new AnswerPart.Text(OPENING + call + CLOSING);
  }

  private boolean readText(List<AnswerPart> parts) {
    int start = pending.indexOf(OPENING);
    int end = start < 0 ? Tags.certain(pending, OPENING) : start;
    String text = pending.substring(0, end);
    pending.delete(0, start < 0 ? end : start + OPENING.length());
    // The line end before a call belongs to neither.
    String kept = start < 0 ? text : text.stripTrailing();
    if (!kept.isEmpty() && (calls == 0 || !kept.isBlank())) {
      parts.add(new AnswerPart.Text(kept));
    }
    inCall = start >= 0;
    return inCall;
  }
}
