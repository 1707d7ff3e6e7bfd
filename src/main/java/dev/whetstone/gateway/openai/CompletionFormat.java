package dev.whetstone.gateway.openai;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.gateway.http.EventStream;
import dev.whetstone.gateway.openai.OpenAiResponses.Choice;
import dev.whetstone.gateway.openai.OpenAiResponses.Turn;
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
   * The choice that adds a piece to a branch's stream.
   *
   * @param offset characters of the branch before this piece
   */
  Choice chunk(EventStream.Piece piece, int offset, @Nullable Logprobs logprobs);

  /** The choice that ends a branch's stream. */
  Choice closingChunk(int index, FinishReason reason);

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
  record Chat() implements CompletionFormat {
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
      return delta(index, new Turn("assistant", ""), null, null);
    }

    @Override
    public Choice chunk(EventStream.Piece piece, int offset, @Nullable Logprobs logprobs) {
      Object tokenLogprobs =
          logprobs == null
              ? null
              : logprobs.chat(piece.tokens(), piece.logps(), piece.alternatives());
      return delta(piece.branch(), new Turn(null, piece.text()), tokenLogprobs, null);
    }

    @Override
    public Choice closingChunk(int index, FinishReason reason) {
      return delta(index, new Turn(null, null), null, finishReason(reason));
    }

    @Override
    public Choice completeChoice(int index, Completion done, @Nullable Logprobs logprobs) {
      Object tokenLogprobs =
          logprobs == null ? null : logprobs.chat(done.tokens(), done.logps(), done.topLogprobs());
      Turn turn = new Turn("assistant", done.text());
      return new Choice(index, turn, null, null, tokenLogprobs, finishReason(done.reason()));
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
    public Choice chunk(EventStream.Piece piece, int offset, @Nullable Logprobs logprobs) {
      Object tokenLogprobs =
          logprobs == null
              ? null
              : logprobs.text(piece.tokens(), piece.logps(), piece.alternatives(), offset);
      return new Choice(piece.branch(), null, null, piece.text(), tokenLogprobs, null);
    }

    @Override
    public Choice closingChunk(int index, FinishReason reason) {
      return new Choice(index, null, null, "", null, finishReason(reason));
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
