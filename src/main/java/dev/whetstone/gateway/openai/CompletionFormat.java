package dev.whetstone.gateway.openai;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.gateway.http.EventStream;
import org.jspecify.annotations.Nullable;

/** How a kind of completion is put into choices. */
sealed interface CompletionFormat {
  /** What ids begin with. */
  String prefix();

  /** The object's name, whole or as a part of a stream. */
  String object(boolean part);

  /** The choice that opens a branch's stream; null when nothing does. */
  OpenAiResponses.@Nullable Choice opening(int index);

  /**
   * A piece of a branch.
   *
   * @param offset characters that came before it
   */
  OpenAiResponses.Choice part(EventStream.Piece piece, int offset, @Nullable Logprobs logprobs);

  /** The choice that closes a branch's stream. */
  OpenAiResponses.Choice closing(int index, FinishReason reason);

  /** A whole completion. */
  OpenAiResponses.Choice whole(int index, Completion completion, @Nullable Logprobs logprobs);

  /** OpenAI knows no cancelled or failed completions: what was written stands, cut short. */
  static String finish(FinishReason reason) {
    return switch (reason) {
      case STOP -> "stop";
      case LENGTH, CANCELLED, ERROR -> "length";
    };
  }

  /** Chats: messages and deltas. */
  record Chat() implements CompletionFormat {
    @Override
    public String prefix() {
      return "chatcmpl";
    }

    @Override
    public String object(boolean part) {
      return part ? "chat.completion.chunk" : "chat.completion";
    }

    @Override
    public OpenAiResponses.Choice opening(int index) {
      return delta(index, new OpenAiResponses.Turn("assistant", ""), null, null);
    }

    @Override
    public OpenAiResponses.Choice part(
        EventStream.Piece piece, int offset, @Nullable Logprobs logprobs) {
      Object words =
          logprobs == null
              ? null
              : logprobs.chat(piece.tokens(), piece.logps(), piece.alternatives());
      return delta(piece.branch(), new OpenAiResponses.Turn(null, piece.text()), words, null);
    }

    @Override
    public OpenAiResponses.Choice closing(int index, FinishReason reason) {
      return delta(index, new OpenAiResponses.Turn(null, null), null, finish(reason));
    }

    @Override
    public OpenAiResponses.Choice whole(int index, Completion done, @Nullable Logprobs logprobs) {
      Object words =
          logprobs == null ? null : logprobs.chat(done.tokens(), done.logps(), done.topLogprobs());
      OpenAiResponses.Turn turn = new OpenAiResponses.Turn("assistant", done.text());
      return new OpenAiResponses.Choice(index, turn, null, null, words, finish(done.reason()));
    }

    private static OpenAiResponses.Choice delta(
        int index, OpenAiResponses.Turn turn, @Nullable Object words, @Nullable String reason) {
      return new OpenAiResponses.Choice(index, null, turn, null, words, reason);
    }
  }

  /** Text completions. */
  record Text() implements CompletionFormat {
    @Override
    public String prefix() {
      return "cmpl";
    }

    @Override
    public String object(boolean part) {
      return "text_completion";
    }

    @Override
    public OpenAiResponses.@Nullable Choice opening(int index) {
      return null;
    }

    @Override
    public OpenAiResponses.Choice part(
        EventStream.Piece piece, int offset, @Nullable Logprobs logprobs) {
      Object words =
          logprobs == null
              ? null
              : logprobs.text(piece.tokens(), piece.logps(), piece.alternatives(), offset);
      return new OpenAiResponses.Choice(piece.branch(), null, null, piece.text(), words, null);
    }

    @Override
    public OpenAiResponses.Choice closing(int index, FinishReason reason) {
      return new OpenAiResponses.Choice(index, null, null, "", null, finish(reason));
    }

    @Override
    public OpenAiResponses.Choice whole(int index, Completion done, @Nullable Logprobs logprobs) {
      Object words =
          logprobs == null
              ? null
              : logprobs.text(done.tokens(), done.logps(), done.topLogprobs(), 0);
      return new OpenAiResponses.Choice(
          index, null, null, done.text(), words, finish(done.reason()));
    }
  }
}
