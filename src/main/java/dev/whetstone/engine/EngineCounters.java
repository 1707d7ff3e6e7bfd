package dev.whetstone.engine;

import java.time.Duration;

/** Totals since the engine's start; written and read by the engine thread alone. */
final class EngineCounters {
  long steps;
  long decodedTokens;
  long prefilledTokens;
  long cachedTokens;
  long firstTokens;
  long firstTokenNanos;
  long finished;
  long failed;
  long resamples;
  long modelNanos;
  long samplerNanos;
  long lastStepNanos;

  EngineStatistics snapshot(
      RunningBatch running,
      int prefilling,
      RequestQueue waiting,
      int adapters,
      int slots,
      long cacheBytes) {
    return new EngineStatistics(
        running.size(),
        prefilling,
        waiting.size(),
        waiting.tokens(),
        running.adapted(),
        adapters,
        slots,
        steps,
        decodedTokens,
        prefilledTokens,
        cachedTokens,
        cacheBytes,
        firstTokens,
        Duration.ofNanos(firstTokenNanos),
        finished,
        failed,
        resamples,
        Duration.ofNanos(lastStepNanos),
        Duration.ofNanos(modelNanos),
        Duration.ofNanos(samplerNanos));
  }
}
