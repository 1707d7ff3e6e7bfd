package dev.whetstone.engine;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** The times at which a request passed its stages; written by the engine thread. */
final class RequestTimer {
  private final InstantSource clock;
  private final Instant submitted;
  private @Nullable Instant prefillStart;
  private @Nullable Instant decodeStart;
  private int cachedTokens;

  RequestTimer(InstantSource clock) {
    this.clock = clock;
    this.submitted = clock.instant();
  }

  Instant submitted() {
    return submitted;
  }

  /**
   * A prefill starts.
   *
   * @param cached its tokens that came from the key's own prompts before
   */
  void startPrefill(int cached) {
    prefillStart = prefillStart == null ? clock.instant() : prefillStart;
    cachedTokens += cached;
  }

  /**
   * A prefill has ended; its branches get their first token.
   *
   * @return the time since the request was submitted; null when branches before had theirs
   */
  @Nullable Duration startDecode() {
    boolean first = decodeStart == null;
    Instant now = clock.instant();
    decodeStart = now;
    return first ? Duration.between(submitted, now) : null;
  }

  Timings timings() {
    Instant end = clock.instant();
    Instant prefillEnd = decodeStart == null ? end : decodeStart;
    Instant prefillBegin = prefillStart == null ? prefillEnd : prefillStart;
    return new Timings(
        Duration.between(submitted, prefillBegin),
        Duration.between(prefillBegin, prefillEnd),
        Duration.between(prefillEnd, end),
        cachedTokens);
  }
}
