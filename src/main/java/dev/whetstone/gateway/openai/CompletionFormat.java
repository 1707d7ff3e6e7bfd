package dev.whetstone.gateway.openai;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.gateway.http.EventStream;
import org.jspecify.annotations.Nullable;

/** Formats completions as the choices of one kind of OpenAI response. */
sealed interface CompletionFormat {
  /** The prefix of response ids. */
  String prefix();

  /** The value of {@code object}, for a stream's chunk or for a whole response. */
  String object(boolean chunk);

  /** The choice that begins a branch's stream; null if the format has none. */
  OpenAiResponses.@Nullable Choice opening(int index);

  /**
   * The choice that adds a piece to a branch's stream.
   *
   * @param offset characters of the branch before this piece
   */
  OpenAiResponses.Choice part(EventStream.Piece piece, int offset, @Nullable Logprobs logprobs);

  /** The choice that ends a branch's stream. */
  OpenAiResponses.Choice closing(int index, FinishReason reason);

  /** The choice of a whole completion. */
  OpenAiResponses.Choice whole(int index, Completion completion, @Nullable Logprobs logprobs);

  /** OpenAI's finish reason; it has none for cancelled or failed, so both become length. */
  static String finish(FinishReason reason) {
    return switch (reason) {
      case STOP -> "stop";
      case LENGTH, CANCELLED, ERROR -> "length";
    };
  }

  /** Chat completions: messages and deltas. */
  record Chat() implements CompletionFormat {
    @Override
    public String prefix() {
      return "chatcmpl";
    }

    @Override
    public String object(boolean chunk) {
      return chunk ? "chat.completion.chunk" : "chat.completion";
    }

    @Override
    public OpenAiResponses.Choice opening(int index) {
      return delta(index, new OpenAiResponses.Turn("assistant", ""), null, null);
    }

    @Override
    public OpenAiResponses.Choice part(
        EventStream.Piece piece, int offset, @Nullable Logprobs logprobs) {
      Object tokenLogprobs =
          logprobs == null
              ? null
              : logprobs.chat(piece.tokens(), piece.logps(), piece.alternatives());
      return delta(
          piece.branch(), new OpenAiResponses.Turn(null, piece.text()), tokenLogprobs, null);
    }

    @Override
    public OpenAiResponses.Choice closing(int index, FinishReason reason) {
      return delta(index, new OpenAiResponses.Turn(null, null), null, finish(reason));
    }

    @Override
    public OpenAiResponses.Choice whole(int index, Completion done, @Nullable Logprobs logprobs) {
      Object tokenLogprobs =
          logprobs == null ? null : logprobs.chat(done.tokens(), done.logps(), done.topLogprobs());
      OpenAiResponses.Turn turn = new OpenAiResponses.Turn("assistant", done.text());
      return new OpenAiResponses.Choice(
          index, turn, null, null, tokenLogprobs, finish(done.reason()));
    }

    private static OpenAiResponses.Choice delta(
        int index,
        OpenAiResponses.Turn turn,
        @Nullable Object tokenLogprobs,
        @Nullable String reason) {
      return new OpenAiResponses.Choice(index, null, turn, null, tokenLogprobs, reason);
    }
  }

  /** Text completions. */
  record Text() implements CompletionFormat {
    @Override
    public String prefix() {
      return "cmpl";
    }

    @Override
    public String object(boolean chunk) {
      return "text_completion";
    }

    @Override
    public OpenAiResponses.@Nullable Choice opening(int index) {
      return null;
    }

    @Override
    public OpenAiResponses.Choice part(
        EventStream.Piece piece, int offset, @Nullable Logprobs logprobs) {
      Object tokenLogprobs =
          logprobs == null
              ? null
              : logprobs.text(piece.tokens(), piece.logps(), piece.alternatives(), offset);
      return new OpenAiResponses.Choice(
          piece.branch(), null, null, piece.text(), tokenLogprobs, null);
    }

    @Override
    public OpenAiResponses.Choice closing(int index, FinishReason reason) {
      return new OpenAiResponses.Choice(index, null, null, "", null, finish(reason));
    }

    @Override
    public OpenAiResponses.Choice whole(int index, Completion done, @Nullable Logprobs logprobs) {
      Object tokenLogprobs =
          logprobs == null
              ? null
              : logprobs.text(done.tokens(), done.logps(), done.topLogprobs(), 0);
      return new OpenAiResponses.Choice(
          index, null, null, done.text(), tokenLogprobs, finish(done.reason()));
    }
  }
}
