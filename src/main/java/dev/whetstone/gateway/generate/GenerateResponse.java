package dev.whetstone.gateway.generate;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.Timings;
import dev.whetstone.settings.EnumNames;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Responses of POST /generate. */
public final class GenerateResponse {
  private GenerateResponse() {}

  /**
   * One completion.
   *
   * @param finishReason stop, length, cancelled or error
   * @param error the cause when finish_reason is error
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Text(String text, String finishReason, @Nullable String error) {
    static Text of(Completion completion) {
      return new Text(completion.text(), EnumNames.of(completion.reason()), completion.error());
    }
  }

  /**
   * Token counts; {@code cachedTokens} prompt tokens came from the prefix cache. It is null where a
   * duel may choose what writes the answer: what was cached would tell its choice.
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Usage(
      int promptTokens, int completionTokens, int totalTokens, @Nullable Integer cachedTokens) {
    static Usage of(int prompt, List<Completion> completions, Timings timings) {
      int sampled = completions.stream().mapToInt(c -> c.tokens().length).sum();
      return new Usage(prompt, sampled, prompt + sampled, timings.cachedTokens());
    }

    /** Counts of what a duel may choose the writer of. */
    static Usage ofBlind(int prompt, List<Completion> completions) {
      int sampled = completions.stream().mapToInt(c -> c.tokens().length).sum();
      return new Usage(prompt, sampled, prompt + sampled, null);
    }
  }

  /** Milliseconds in the queue, in prefill and in decode. */
  public record Times(double queuedMs, double prefillMs, double decodeMs) {
    static Times of(Timings timings) {
      return new Times(
          timings.queued().toNanos() / 1e6,
          timings.prefill().toNanos() / 1e6,
          timings.decode().toNanos() / 1e6);
    }
  }

  /** The response to a request for one completion. */
  public record Single(String id, String policy, Text completion, Usage usage, Times timings) {}

  /**
   * The response to a request for two completions; it hides which version wrote which side.
   *
   * @param identical true when both sides are equal even after resampling
   * @param learn false where request, user or key let nothing be learned: it is not to be offered
   *     for a vote, and a vote on it is not used; otherwise null
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Pair(
      String pairId,
      Instant expiresAt,
      Text a,
      Text b,
      boolean identical,
      Usage usage,
      @Nullable Boolean learn) {}

  /** New text in a stream; the side is null unless it is a pair. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Token(@Nullable String side, String text) {}
}
