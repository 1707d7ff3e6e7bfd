package dev.whetstone.engine;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** When a request passed from one stage to the next; written by the engine thread. */
final class RequestTimer {
  private final InstantSource clock;
  private final Instant submitted;
  private @Nullable Instant admitted;
  private @Nullable Instant decoding;
  private int cachedTokens;

  RequestTimer(InstantSource clock) {
    this.clock = clock;
    this.submitted = clock.instant();
  }

  Instant submitted() {
    return submitted;
  }

  /** A prompt of the request starts to be computed; {@code cached} of its tokens need not be. */
  void filling(int cached) {
    admitted = admitted == null ? clock.instant() : admitted;
    cachedTokens += cached;
  }

  /** A branch has its first token. */
  void decoding() {
    decoding = clock.instant();
  }

  Timings timings() {
    Instant end = clock.instant();
    Instant read = decoding == null ? end : decoding;
    Instant began = admitted == null ? read : admitted;
    return new Timings(
        Duration.between(submitted, began),
        Duration.between(began, read),
        Duration.between(read, end),
        cachedTokens);
  }
}
