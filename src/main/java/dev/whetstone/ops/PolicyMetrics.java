package dev.whetstone.ops;

import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import dev.whetstone.serving.PolicyRouter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.function.ToDoubleFunction;

/** Exports to Prometheus what this gateway serves, and whether it matches the aliases. */
@Singleton
public final class PolicyMetrics {
  void register(@Observes StartupEvent started, MeterRegistry registry, GatewayState serving) {
    gauge(
        registry,
        serving,
        "revision",
        "revision of the aliases that are served",
        p -> p.serving().revision());
    gauge(registry, serving, "champion", "version number of the champion", PolicyMetrics::champion);
    gauge(
        registry,
        serving,
        "problem",
        "1 while this gateway cannot serve what the aliases name",
        p -> p.problem() == null ? 0 : 1);
    FunctionCounter.builder(
            "whetstone.policies.refused", serving, s -> read(s, PolicyRouter::refusals))
        .description("versions that this gateway refused to serve")
        .register(registry);
  }

  private static void gauge(
      MeterRegistry registry,
      GatewayState serving,
      String name,
      String description,
      ToDoubleFunction<PolicyRouter> value) {
    Gauge.builder("whetstone.policies." + name, serving, s -> read(s, value))
        .description(description)
        .register(registry);
  }

  private static double champion(PolicyRouter policies) {
    return Double.parseDouble(policies.serving().champion().version().substring(1));
  }

  private static double read(GatewayState serving, ToDoubleFunction<PolicyRouter> value) {
    return serving.state() instanceof State.Ready ready
        ? value.applyAsDouble(ready.model().policies())
        : 0;
  }
}
