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

/** What is served, and whether it is what should be, for Prometheus. */
@Singleton
public final class PolicyMetrics {
  void register(@Observes StartupEvent started, MeterRegistry registry, GatewayState serving) {
    gauge(registry, serving, "revision", "of the aliases served", p -> p.serving().revision());
    gauge(registry, serving, "champion", "number of its version", PolicyMetrics::champion);
    gauge(
        registry,
        serving,
        "problem",
        "1 while what should be served cannot be",
        p -> p.problem() == null ? 0 : 1);
    FunctionCounter.builder(
            "whetstone.policies.refused", serving, s -> read(s, PolicyRouter::refusals))
        .description("versions refused here")
        .register(registry);
  }

  private static void gauge(
      MeterRegistry registry,
      GatewayState serving,
      String name,
      String what,
      ToDoubleFunction<PolicyRouter> figure) {
    Gauge.builder("whetstone.policies." + name, serving, s -> read(s, figure))
        .description(what)
        .register(registry);
  }

  private static double champion(PolicyRouter policies) {
    return Double.parseDouble(policies.serving().champion().version().substring(1));
  }

  private static double read(GatewayState serving, ToDoubleFunction<PolicyRouter> figure) {
    return serving.state() instanceof State.Ready ready
        ? figure.applyAsDouble(ready.model().policies())
        : 0;
  }
}
