package dev.whetstone.gateway.openai.responses;

import dev.whetstone.gateway.http.EventWriter;
import dev.whetstone.gateway.openai.AnswerPart;
import dev.whetstone.gateway.openai.OpenAiResponses.TokenInfo;
import dev.whetstone.gateway.openai.responses.ResponseBody.Item;
import dev.whetstone.gateway.openai.responses.ResponseBody.OutputText;
import dev.whetstone.gateway.openai.responses.ResponseBody.Thought;
import dev.whetstone.security.RandomIds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns the parts of an answer into output items and writes the events of their growth, in the
 * order of OpenAI's reference. For one thread.
 */
final class OutputWriter {
  private static final String IN_PROGRESS = "in_progress";
  private static final String COMPLETED = "completed";

  private final List<Item> items = new ArrayList<>();
  private final @Nullable EventWriter out;
  private int sequence;

  // The item that grows, and its text: a message's, thoughts, or the arguments of a call.
  private @Nullable String openId;
  private boolean openThoughts;
  private @Nullable Callee callee;
  private final StringBuilder text = new StringBuilder();
  private final List<TokenInfo> logprobs = new ArrayList<>();

  /**
   * @param out receives the events; null if only the items are asked for
   */
  OutputWriter(@Nullable EventWriter out) {
    this.out = out;
  }

  /** The items so far. */
  List<Item> items() {
    return List.copyOf(items);
  }

  /**
   * Adds a part.
   *
   * @param tokens log-probs of its tokens; empty if they were not asked for
   */
  void add(AnswerPart part, List<TokenInfo> tokens) throws IOException {
    switch (part) {
      case AnswerPart.Text(String words) -> grow(words, false, tokens);
      case AnswerPart.Reasoning(String words) -> grow(words, true, List.of());
      case AnswerPart.Call(String name) -> call(name);
      case AnswerPart.Arguments(String json) -> argue(json);
    }
  }

  /** What the open item calls, under which id. */
  private record Callee(String callId, String function) {}

  /** Ends the last item; an answer of nothing is an empty message. */
  void finish(String status) throws IOException {
    if (items.isEmpty() && openId == null) {
      grow("", false, List.of());
    }
    close(status);
  }

  private void grow(String words, boolean thoughts, List<TokenInfo> tokens) throws IOException {
    if (openId == null || callee != null || openThoughts != thoughts) {
      close(COMPLETED);
      open(thoughts);
    }
    text.append(words);
    logprobs.addAll(tokens);
    if (words.isEmpty()) {
      return;
    }
    Map<String, @Nullable Object> event = part(kind(thoughts) + ".delta");
    event.put("delta", words);
    if (!thoughts) {
      event.put("logprobs", List.copyOf(tokens));
    }
    send(event);
  }

  private static String kind(boolean thoughts) {
    return thoughts ? "response.reasoning_text" : "response.output_text";
  }

  private void open(boolean thoughts) throws IOException {
    openId = RandomIds.generate(thoughts ? "rs" : "msg");
    openThoughts = thoughts;
    text.setLength(0);
    logprobs.clear();
    send(item("response.output_item.added", item(IN_PROGRESS, false)));
    Map<String, @Nullable Object> added = part("response.content_part.added");
    added.put("part", content());
    send(added);
  }

  private Object content() {
    String words = text.toString();
    return openThoughts ? Thought.of(words) : OutputText.of(words, List.copyOf(logprobs));
  }

  private Item item(String status, boolean whole) {
    String id = String.valueOf(openId);
    return openThoughts
        ? ResponseBody.Thoughts.of(
            id, status, whole ? List.of(Thought.of(text.toString())) : List.of())
        : ResponseBody.Message.of(
            id,
            status,
            whole ? List.of(OutputText.of(text.toString(), List.copyOf(logprobs))) : List.of());
  }

  private void close(String status) throws IOException {
    if (callee != null) {
      closeCall(status);
    }
    if (openId == null) {
      return;
    }
    Map<String, @Nullable Object> done = part(kind(openThoughts) + ".done");
    done.put("text", text.toString());
    if (!openThoughts) {
      done.put("logprobs", List.copyOf(logprobs));
    }
    send(done);
    Map<String, @Nullable Object> part = part("response.content_part.done");
    part.put("part", content());
    send(part);
    Item item = item(status, true);
    send(item("response.output_item.done", item));
    items.add(item);
    openId = null;
  }

  private void call(String name) throws IOException {
    close(COMPLETED);
    openId = RandomIds.generate("fc");
    callee = new Callee(RandomIds.generate("call"), name);
    text.setLength(0);
    send(item("response.output_item.added", called(IN_PROGRESS)));
  }

  private void argue(String json) throws IOException {
    text.append(json);
    Map<String, @Nullable Object> delta = ofItem("response.function_call_arguments.delta");
    delta.put("delta", json);
    send(delta);
  }

  private void closeCall(String status) throws IOException {
    Item call = called(status);
    Map<String, @Nullable Object> done = ofItem("response.function_call_arguments.done");
    done.put("name", callee == null ? "" : callee.function());
    done.put("arguments", text.toString());
    send(done);
    send(item("response.output_item.done", call));
    items.add(call);
    openId = null;
    callee = null;
  }

  private Item called(String status) {
    Callee of = callee == null ? new Callee("", "") : callee;
    return ResponseBody.Call.of(
        String.valueOf(openId), of.callId(), of.function(), text.toString(), status);
  }

  /** An event of the response as a whole. */
  void send(String type, ResponseBody response) throws IOException {
    Map<String, @Nullable Object> event = event(type);
    event.put("response", response);
    send(event);
  }

  /** An error. */
  void error(String code, String message) throws IOException {
    Map<String, @Nullable Object> event = event("error");
    event.put("code", code);
    event.put("message", message);
    event.put("param", null);
    send(event);
  }

  private Map<String, @Nullable Object> event(String type) {
    Map<String, @Nullable Object> event = new LinkedHashMap<>();
    event.put("type", type);
    return event;
  }

  private Map<String, @Nullable Object> item(String type, Item item) {
    Map<String, @Nullable Object> event = event(type);
    event.put("output_index", items.size());
    event.put("item", item);
    return event;
  }

  private Map<String, @Nullable Object> part(String type) {
    Map<String, @Nullable Object> event = ofItem(type);
    event.put("content_index", 0);
    return event;
  }

  private Map<String, @Nullable Object> ofItem(String type) {
    Map<String, @Nullable Object> event = event(type);
    event.put("item_id", openId);
    event.put("output_index", items.size());
    return event;
  }

  private void send(Map<String, @Nullable Object> event) throws IOException {
    if (out != null) {
      event.put("sequence_number", sequence++);
      out.event(String.valueOf(event.get("type")), event);
    }
  }
}
