package dev.whetstone.gateway.openai;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.TextDelta;
import dev.whetstone.gateway.http.EventStream;
import dev.whetstone.gateway.openai.OpenAiResponses.Choice;
import dev.whetstone.gateway.openai.OpenAiResponses.FunctionCall;
import dev.whetstone.gateway.openai.OpenAiResponses.ToolCall;
import dev.whetstone.gateway.openai.OpenAiResponses.Turn;
import dev.whetstone.security.RandomIds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Formats completions as the choices of one kind of OpenAI response. */
sealed interface CompletionFormat {
  /** The prefix of response ids. */
  String idPrefix();

  /** The value of {@code object}, for a stream's chunk or for a whole response. */
  String object(boolean chunk);

  /** The choice that begins a branch's stream; null if the format has none. */
  @Nullable Choice openingChunk(int index);

  /**
   * The choices that add a piece to a branch's stream.
   *
   * @param offset characters of the branch before this piece
   */
  List<Choice> chunks(EventStream.Piece piece, int offset, @Nullable Logprobs logprobs);

  /** The choices that end a branch's stream. */
  List<Choice> closingChunks(int index, FinishReason reason);

  /** The choice of a whole completion. */
  Choice completeChoice(int index, Completion completion, @Nullable Logprobs logprobs);

  /** OpenAI's finish reason; it has none for cancelled or failed, so both become length. */
  static String finishReason(FinishReason reason) {
    return switch (reason) {
      case STOP -> "stop";
      case LENGTH, CANCELLED, ERROR -> "length";
    };
  }

  /** Chat completions: messages and deltas. */
  final class Chat implements CompletionFormat {
    private final AnswerReader.Form form;
    private final Map<Integer, AnswerReader> readers = new HashMap<>();

    Chat(AnswerReader.Form form) {
      this.form = form;
    }

    @Override
    public String idPrefix() {
      return "chatcmpl";
    }

    @Override
    public String object(boolean chunk) {
      return chunk ? "chat.completion.chunk" : "chat.completion";
    }

    @Override
    public Choice openingChunk(int index) {
      return delta(index, new Turn("assistant", "", null, null), null, null);
    }

    private AnswerReader reader(int branch) {
      return readers.computeIfAbsent(branch, _ -> new AnswerReader(form));
    }

    @Override
    public List<Choice> chunks(EventStream.Piece piece, int offset, @Nullable Logprobs logprobs) {
      TextDelta fresh = piece.delta();
      Object tokenLogprobs =
          logprobs == null
              ? null
              : logprobs.chat(fresh.tokens(), fresh.logps(), fresh.alternatives());
      int branch = piece.branch();
      if (form.isPlain()) {
        return List.of(delta(branch, Turn.text(piece.text()), tokenLogprobs, null));
      }
      AnswerReader reader = reader(branch);
      int before = reader.calls();
      List<Choice> choices = parts(branch, reader.push(piece.text()), before);
      if (choices.isEmpty() && tokenLogprobs != null) {
        return List.of(delta(branch, Turn.text(""), tokenLogprobs, null));
      }
      if (tokenLogprobs != null) {
        Choice first = choices.getFirst();
        choices.set(0, delta(branch, turnOf(first), tokenLogprobs, null));
      }
      return choices;
    }

    private static Turn turnOf(Choice choice) {
      return choice.delta() == null ? new Turn(null, null, null, null) : choice.delta();
    }

    /** The deltas of an answer's parts: those of a call are its name, then pieces of arguments. */
    private static List<Choice> parts(int branch, List<AnswerPart> parts, int callsBefore) {
      List<Choice> choices = new ArrayList<>();
      int calls = callsBefore;
      for (AnswerPart part : parts) {
        Turn turn =
            switch (part) {
              case AnswerPart.Text(String text) -> Turn.text(text);
              case AnswerPart.Reasoning(String text) -> new Turn(null, null, text, null);
              case AnswerPart.Call(String name) ->
                  Turn.call(
                      new ToolCall(
                          calls++,
                          RandomIds.generate("call"),
                          "function",
                          new FunctionCall(name, "")));
              case AnswerPart.Arguments(String json) ->
                  Turn.call(new ToolCall(calls - 1, null, null, new FunctionCall(null, json)));
            };
        choices.add(delta(branch, turn, null, null));
      }
      return choices;
    }

    @Override
    public List<Choice> closingChunks(int index, FinishReason reason) {
      AnswerReader reader = reader(index);
      int before = reader.calls();
      List<AnswerPart> rest = reader.finish();
      List<Choice> choices = parts(index, rest, before);
      Turn nothing = new Turn(null, null, null, null);
      choices.add(delta(index, nothing, null, reasonOf(reader.calls() > 0, reason)));
      return choices;
    }

    private static String reasonOf(boolean called, FinishReason reason) {
      return called && reason == FinishReason.STOP ? "tool_calls" : finishReason(reason);
    }

    @Override
    public Choice completeChoice(int index, Completion done, @Nullable Logprobs logprobs) {
      Object tokenLogprobs =
          logprobs == null ? null : logprobs.chat(done.tokens(), done.logps(), done.topLogprobs());
      Turn turn =
          form.isPlain()
              ? new Turn("assistant", done.text(), null, null)
              : turn(AnswerReader.read(form, done.text()));
      String reason = reasonOf(turn.toolCalls() != null, done.reason());
      return new Choice(index, turn, null, null, tokenLogprobs, reason);
    }

    private static Turn turn(List<AnswerPart> parts) {
      StringBuilder content = new StringBuilder();
      StringBuilder reasoning = new StringBuilder();
      List<ToolCall> calls = new ArrayList<>();
      for (AnswerPart part : parts) {
        switch (part) {
          case AnswerPart.Text(String text) -> content.append(text);
          case AnswerPart.Reasoning(String text) -> reasoning.append(text);
          case AnswerPart.Call(String name) ->
              calls.add(
                  new ToolCall(
                      null, RandomIds.generate("call"), "function", new FunctionCall(name, "")));
          case AnswerPart.Arguments(String json) -> calls.add(calls.removeLast().with(json));
        }
      }
      boolean silent = content.isEmpty() && !calls.isEmpty();
      return new Turn(
          "assistant",
          silent ? null : content.toString(),
          reasoning.isEmpty() ? null : reasoning.toString(),
          calls.isEmpty() ? null : calls);
    }

    private static Choice delta(
        int index, Turn turn, @Nullable Object tokenLogprobs, @Nullable String reason) {
      return new Choice(index, null, turn, null, tokenLogprobs, reason);
    }
  }

  /** Text completions. */
  record Text() implements CompletionFormat {
    @Override
    public String idPrefix() {
      return "cmpl";
    }

    @Override
    public String object(boolean chunk) {
      return "text_completion";
    }

    @Override
    public @Nullable Choice openingChunk(int index) {
      return null;
    }

    @Override
    public List<Choice> chunks(EventStream.Piece piece, int offset, @Nullable Logprobs logprobs) {
      TextDelta fresh = piece.delta();
      Object tokenLogprobs =
          logprobs == null
              ? null
              : logprobs.text(fresh.tokens(), fresh.logps(), fresh.alternatives(), offset);
      return List.of(new Choice(piece.branch(), null, null, piece.text(), tokenLogprobs, null));
    }

    @Override
    public List<Choice> closingChunks(int index, FinishReason reason) {
      return List.of(new Choice(index, null, null, "", null, finishReason(reason)));
    }

    @Override
    public Choice completeChoice(int index, Completion done, @Nullable Logprobs logprobs) {
      Object tokenLogprobs =
          logprobs == null
              ? null
              : logprobs.text(done.tokens(), done.logps(), done.topLogprobs(), 0);
      return new Choice(index, null, null, done.text(), tokenLogprobs, finishReason(done.reason()));
    }
  }
}
