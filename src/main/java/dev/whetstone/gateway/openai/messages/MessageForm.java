package dev.whetstone.gateway.openai.messages;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.gateway.http.EventStream;
import dev.whetstone.gateway.http.EventWriter;
import dev.whetstone.gateway.http.Problem;
import dev.whetstone.gateway.openai.AnswerForm;
import dev.whetstone.gateway.openai.AnswerPart;
import dev.whetstone.gateway.openai.AnswerReader;
import dev.whetstone.gateway.openai.Begun;
import dev.whetstone.gateway.openai.messages.MessageBody.Block;
import dev.whetstone.security.RandomIds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers of /v1/messages: a message with its blocks, or the events of its growth. */
final class MessageForm implements AnswerForm {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Begun begun;
  private final AnswerReader.Form parts;
  private final AnswerReader reader;
  private final String id;

  // The blocks of a stream: how many have begun, and of which kind the open one is.
  private int blocks;
  private @Nullable Class<?> open;
  private String reason = "end_turn";

  MessageForm(Begun begun, AnswerReader.Form parts) {
    this.begun = begun;
    this.parts = parts;
    this.reader = new AnswerReader(parts);
    this.id = begun.id("msg");
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public MessageBody whole(List<Completion> done, Counts counts) {
    Completion answer = done.getFirst();
    List<AnswerPart> found = AnswerReader.read(parts, answer.text());
    boolean called = found.stream().anyMatch(part -> part instanceof AnswerPart.Call);
    return message(blocks(found), reason(called, answer.reason()), MessageBody.Usage.of(counts));
  }

  private static List<Block> blocks(List<AnswerPart> parts) {
    List<Block> blocks = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < parts.size(); i++) {
      AnswerPart part = parts.get(i);
      AnswerPart next = i + 1 < parts.size() ? parts.get(i + 1) : null;
      switch (part) {
        case AnswerPart.Text(String words) -> {
          text.append(words);
          if (!(next instanceof AnswerPart.Text)) {
            blocks.add(MessageBody.Text.of(taken(text)));
          }
        }
        case AnswerPart.Reasoning(String words) -> blocks.add(MessageBody.Thinking.of(words));
        case AnswerPart.Call(String name) ->
            blocks.add(
                MessageBody.ToolUse.of(RandomIds.generate("toolu"), name, JSON.createObjectNode()));
        case AnswerPart.Arguments(String json) -> {
          text.append(json);
          if (!(next instanceof AnswerPart.Arguments)
              && blocks.removeLast() instanceof MessageBody.ToolUse call) {
            blocks.add(MessageBody.ToolUse.of(call.id(), call.name(), tree(taken(text))));
          }
        }
      }
    }
    return blocks;
  }

  private static String taken(StringBuilder text) {
    String all = text.toString();
    text.setLength(0);
    return all;
  }

  private MessageBody message(
      List<Block> content, @Nullable String stopReason, MessageBody.Usage usage) {
    return MessageBody.of(id, begun.shownName(), content, stopReason, usage);
  }

  private static String reason(boolean called, FinishReason reason) {
    if (reason != FinishReason.STOP) {
      return "max_tokens";
    }
    return called ? "tool_use" : "end_turn";
  }

  /** The arguments of a call; none where the answer was cut off within them, as its reason says. */
  private static JsonNode tree(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException cutOff) {
      return JSON.createObjectNode();
    }
  }

  @Override
  public void begin(EventWriter out) throws IOException {
    int prompt = begun.plan().prompt().ids().length;
    MessageBody.Usage usage = MessageBody.Usage.of(new Counts(prompt, 0, 0));
    send("message_start", Map.of("message", message(List.of(), null, usage)), out);
  }

  @Override
  public void piece(EventStream.Piece piece, EventWriter out) throws IOException {
    add(reader.push(piece.text()), out);
  }

  private void add(List<AnswerPart> found, EventWriter out) throws IOException {
    for (AnswerPart part : found) {
      switch (part) {
        case AnswerPart.Text(String text) -> {
          begin(part, MessageBody.Text.of(""), out);
          delta(Map.of("type", "text_delta", "text", text), out);
        }
        case AnswerPart.Reasoning(String text) -> {
          begin(part, MessageBody.Thinking.of(""), out);
          delta(Map.of("type", "thinking_delta", "thinking", text), out);
        }
        case AnswerPart.Call(String name) -> {
          closeBlock(out);
          Block call =
              MessageBody.ToolUse.of(RandomIds.generate("toolu"), name, JSON.createObjectNode());
          begin(part, call, out);
        }
        case AnswerPart.Arguments(String json) ->
            delta(Map.of("type", "input_json_delta", "partial_json", json), out);
      }
    }
  }

  private void begin(AnswerPart part, Block empty, EventWriter out) throws IOException {
    if (open == part.getClass()) {
      return;
    }
    closeBlock(out);
    open = part.getClass();
    blocks++;
    send("content_block_start", Map.of("index", blocks - 1, "content_block", empty), out);
  }

  private void delta(Map<String, Object> delta, EventWriter out) throws IOException {
    send("content_block_delta", Map.of("index", blocks - 1, "delta", delta), out);
  }

  private void closeBlock(EventWriter out) throws IOException {
    if (open != null) {
      open = null;
      send("content_block_stop", Map.of("index", blocks - 1), out);
    }
  }

  @Override
  public void close(int branch, FinishReason finished, EventWriter out) throws IOException {
    add(reader.finish(), out);
    closeBlock(out);
    reason = reason(reader.calls() > 0, finished);
  }

  @Override
  public void end(Counts counts, EventWriter out) throws IOException {
    MessageBody.Usage usage = MessageBody.Usage.of(counts);
    send("message_delta", Map.of("delta", new Ending(reason, null), "usage", usage), out);
    send("message_stop", Map.of(), out);
  }

  /** How a message ended. */
  record Ending(String stopReason, @Nullable String stopSequence) {}

  @Override
  public void fail(Problem problem, EventWriter out) throws IOException {
    out.event("error", MessageErrorFilter.of(problem));
  }

  private static void send(String type, Map<String, Object> fields, EventWriter out)
      throws IOException {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("type", type);
    event.putAll(fields);
    out.event(type, event);
  }
}
