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

  // The text that grows: a message's or thoughts.
  private @Nullable String openId;
  private boolean openThoughts;
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
      case AnswerPart.Call(String name, String arguments) -> call(name, arguments);
    }
  }

  /** Ends the last item; an answer of nothing is an empty message. */
  void finish(String status) throws IOException {
    if (items.isEmpty() && openId == null) {
      grow("", false, List.of());
    }
    close(status);
  }

  private void grow(String words, boolean thoughts, List<TokenInfo> tokens) throws IOException {
    if (openId == null || openThoughts != thoughts) {
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

  private void call(String name, String arguments) throws IOException {
    close(COMPLETED);
    String id = RandomIds.generate("fc");
    String callId = RandomIds.generate("call");
    send(
        item(
            "response.output_item.added", ResponseBody.Call.of(id, callId, name, "", IN_PROGRESS)));
    Map<String, @Nullable Object> delta = event("response.function_call_arguments.delta");
    delta.put("item_id", id);
    delta.put("output_index", items.size());
    delta.put("delta", arguments);
    send(delta);
    Map<String, @Nullable Object> done = event("response.function_call_arguments.done");
    done.put("item_id", id);
    done.put("output_index", items.size());
    done.put("name", name);
    done.put("arguments", arguments);
    send(done);
    Item call = ResponseBody.Call.of(id, callId, name, arguments, COMPLETED);
    send(item("response.output_item.done", call));
    items.add(call);
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
    Map<String, @Nullable Object> event = event(type);
    event.put("item_id", openId);
    event.put("output_index", items.size());
    event.put("content_index", 0);
    return event;
  }

  private void send(Map<String, @Nullable Object> event) throws IOException {
    if (out != null) {
      event.put("sequence_number", sequence++);
      out.event(String.valueOf(event.get("type")), event);
    }
  }
}
