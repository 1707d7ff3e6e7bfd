package dev.whetstone.engine;

import java.time.Duration;

/** Totals of the engine thread. */
final class EngineCounters {
  long steps;
  long decodedTokens;
  long prefilledTokens;
  long cachedTokens;
  long finished;
  long failed;
  long redraws;
  long modelNanos;
  long samplerNanos;
  long lastStepNanos;

  EngineStatistics snapshot(
      int live, boolean prefilling, RequestQueue line, int slots, long cacheBytes) {
    return new EngineStatistics(
        live,
        prefilling ? 1 : 0,
        line.size(),
        line.tokens(),
        slots,
        steps,
        decodedTokens,
        prefilledTokens,
        cachedTokens,
        cacheBytes,
        finished,
        failed,
        redraws,
        Duration.ofNanos(lastStepNanos),
        Duration.ofNanos(modelNanos),
        Duration.ofNanos(samplerNanos));
  }
}
