package dev.whetstone.engine;

import java.time.Duration;

/** Totals since the engine's start; written and read by the engine thread alone. */
final class EngineCounters {
  long steps;
  long decodedTokens;
  long prefilledTokens;
  long cachedTokens;
  long finished;
  long failed;
  long resamples;
  long modelNanos;
  long samplerNanos;
  long lastStepNanos;

  EngineStatistics snapshot(
      int running, boolean prefilling, RequestQueue waiting, int slots, long cacheBytes) {
    return new EngineStatistics(
        running,
        prefilling ? 1 : 0,
        waiting.size(),
        waiting.tokens(),
        slots,
        steps,
        decodedTokens,
        prefilledTokens,
        cachedTokens,
        cacheBytes,
        finished,
        failed,
        resamples,
        Duration.ofNanos(lastStepNanos),
        Duration.ofNanos(modelNanos),
        Duration.ofNanos(samplerNanos));
  }
}
