package dev.whetstone.ops;

import dev.whetstone.engine.EngineStatistics;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.function.ToDoubleFunction;

/** Exports the engine's statistics to Prometheus. */
@Singleton
public final class EngineMetrics {
  void register(@Observes StartupEvent started, MeterRegistry registry, GatewayState serving) {
    gauge(registry, serving, "live", "sequences being decoded", EngineStatistics::running);
    gauge(registry, serving, "queued", "requests in the queue", EngineStatistics::queued);
    gauge(
        registry,
        serving,
        "queued.tokens",
        "prompt tokens of the requests in the queue",
        EngineStatistics::queuedTokens);
    gauge(
        registry,
        serving,
        "cache.bytes",
        "bytes held by the prefix cache",
        EngineStatistics::cacheBytes);
    count(registry, serving, "steps", "steps that ran the model", EngineStatistics::steps);
    count(registry, serving, "decoded.tokens", "tokens sampled", EngineStatistics::decodedTokens);
    count(
        registry,
        serving,
        "prefilled.tokens",
        "prompt and scored tokens computed",
        EngineStatistics::prefilledTokens);
    count(
        registry,
        serving,
        "cached.tokens",
        "prompt tokens taken from the prefix cache",
        EngineStatistics::cachedTokens);
    count(registry, serving, "finished", "requests that have ended", EngineStatistics::finished);
    count(registry, serving, "failed", "model runs that threw", EngineStatistics::failed);
    count(
        registry,
        serving,
        "model.seconds",
        "seconds spent in the model",
        s -> s.modelTime().toNanos() / 1e9);
  }

  private static void gauge(
      MeterRegistry registry,
      GatewayState serving,
      String name,
      String description,
      ToDoubleFunction<EngineStatistics> value) {
    Gauge.builder("whetstone.engine." + name, serving, s -> read(s, value))
        .description(description)
        .register(registry);
  }

  private static void count(
      MeterRegistry registry,
      GatewayState serving,
      String name,
      String description,
      ToDoubleFunction<EngineStatistics> value) {
    FunctionCounter.builder("whetstone.engine." + name, serving, s -> read(s, value))
        .description(description)
        .register(registry);
  }

  private static double read(GatewayState serving, ToDoubleFunction<EngineStatistics> value) {
    return serving.state() instanceof State.Ready ready
        ? value.applyAsDouble(ready.model().engine().statistics())
        : 0;
  }
}
