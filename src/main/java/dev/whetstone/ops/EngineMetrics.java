package dev.whetstone.ops;

import dev.whetstone.engine.EngineStatistics;
import dev.whetstone.gateway.state.GatewayState;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Exports the engine's statistics to Prometheus. */
@Singleton
public final class EngineMetrics {
  void register(@Observes StartupEvent started, MeterRegistry registry, GatewayState serving) {
    ServedModelMeters<EngineStatistics> engine =
        new ServedModelMeters<>(
            registry, serving, "whetstone.engine.", model -> model.engine().statistics());
    engine.gauge("live", "sequences being decoded", EngineStatistics::running);
    engine.gauge(
        "slots", "sequences that can be decoded, each with its KV cache", EngineStatistics::slots);
    engine.gauge(
        "adapters", "versions with an adapter that are loaded", EngineStatistics::adapters);
    engine.gauge("adapted", "sequences being decoded with an adapter", EngineStatistics::adapted);
    engine.gauge("queued", "requests in the queue", EngineStatistics::queued);
    engine.gauge(
        "queued.tokens",
        "prompt tokens of the requests in the queue",
        EngineStatistics::queuedTokens);
    engine.gauge("cache.bytes", "bytes held by the prefix cache", EngineStatistics::cacheBytes);
    engine.count("steps", "steps that ran the model", EngineStatistics::steps);
    engine.count("decoded.tokens", "tokens sampled", EngineStatistics::decodedTokens);
    engine.count(
        "prefilled.tokens", "prompt and scored tokens computed", EngineStatistics::prefilledTokens);
    engine.count(
        "cached.tokens",
        "prompt tokens taken from the prefix cache",
        EngineStatistics::cachedTokens);
    engine.count(
        "first.tokens", "requests that got their first token", EngineStatistics::firstTokens);
    engine.count(
        "first.token.seconds",
        "seconds from submission to the first token",
        s -> s.firstTokenTime().toNanos() / 1e9);
    engine.count("finished", "requests that have ended", EngineStatistics::finished);
    engine.count("failed", "model runs that threw", EngineStatistics::failed);
    engine.count("model.seconds", "seconds spent in the model", s -> s.modelTime().toNanos() / 1e9);
  }
}
