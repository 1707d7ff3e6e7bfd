package dev.whetstone.gateway.generate;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.Timings;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the generation routes answer. */
public final class GenerateResponse {
  private GenerateResponse() {}

  /**
   * One completion.
   *
   * @param finishReason stop, length, cancelled or error
   * @param error what went wrong, when finish_reason is error
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Text(String text, String finishReason, @Nullable String error) {
    static Text of(Completion completion) {
      return new Text(
          completion.text(),
          completion.reason().name().toLowerCase(Locale.ROOT),
          completion.error());
    }
  }

  /** Counts of tokens; {@code cachedTokens} of the prompt's were not computed again. */
  public record Usage(int promptTokens, int completionTokens, int totalTokens, int cachedTokens) {
    static Usage of(int prompt, List<Completion> completions, Timings timings) {
      int written = completions.stream().mapToInt(c -> c.tokens().length).sum();
      return new Usage(prompt, written, prompt + written, timings.cachedTokens());
    }
  }

  /** Milliseconds. */
  public record Times(double queuedMs, double prefillMs, double decodeMs) {
    static Times of(Timings timings) {
      return new Times(
          timings.queued().toNanos() / 1e6,
          timings.prefill().toNanos() / 1e6,
          timings.decode().toNanos() / 1e6);
    }
  }

  /** The answer to a request for one completion. */
  public record Single(String id, String policy, Text completion, Usage usage, Times timings) {}

  /**
   * The answer to a request for two; nothing in it tells who wrote which side.
   *
   * @param identical true when both sides came out the same after every redraw
   */
  public record Pair(
      String pairId, Instant expiresAt, Text a, Text b, boolean identical, Usage usage) {}

  /** A piece of a stream. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Token(@Nullable String side, String text) {}
}
