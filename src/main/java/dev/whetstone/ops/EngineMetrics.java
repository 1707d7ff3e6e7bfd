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

/** The engine's figures for Prometheus. */
@Singleton
public final class EngineMetrics {
  void register(@Observes StartupEvent started, MeterRegistry registry, GatewayState serving) {
    gauge(registry, serving, "live", "sequences decoding", EngineStatistics::live);
    gauge(registry, serving, "queued", "requests waiting", EngineStatistics::queued);
    gauge(registry, serving, "queued.tokens", "their tokens", EngineStatistics::queuedTokens);
    gauge(registry, serving, "cache.bytes", "prefix cache", EngineStatistics::cacheBytes);
    count(registry, serving, "steps", "model runs", EngineStatistics::steps);
    count(registry, serving, "decoded.tokens", "sampled", EngineStatistics::decodedTokens);
    count(registry, serving, "prefilled.tokens", "computed", EngineStatistics::prefilledTokens);
    count(registry, serving, "cached.tokens", "not computed", EngineStatistics::cachedTokens);
    count(registry, serving, "finished", "requests ended", EngineStatistics::finished);
    count(registry, serving, "failed", "model runs that threw", EngineStatistics::failed);
    count(registry, serving, "model.seconds", "in the model", s -> s.modelTime().toNanos() / 1e9);
  }

  private static void gauge(
      MeterRegistry registry,
      GatewayState serving,
      String name,
      String what,
      ToDoubleFunction<EngineStatistics> figure) {
    Gauge.builder("whetstone.engine." + name, serving, s -> read(s, figure))
        .description(what)
        .register(registry);
  }

  private static void count(
      MeterRegistry registry,
      GatewayState serving,
      String name,
      String what,
      ToDoubleFunction<EngineStatistics> figure) {
    FunctionCounter.builder("whetstone.engine." + name, serving, s -> read(s, figure))
        .description(what)
        .register(registry);
  }

  private static double read(GatewayState serving, ToDoubleFunction<EngineStatistics> figure) {
    return serving.state() instanceof State.Ready ready
        ? figure.applyAsDouble(ready.model().engine().statistics())
        : 0;
  }
}
