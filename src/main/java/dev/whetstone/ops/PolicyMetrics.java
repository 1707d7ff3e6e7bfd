package dev.whetstone.ops;

import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.serving.PolicyRouter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Exports to Prometheus what this gateway serves, and whether it matches the aliases. */
@Singleton
public final class PolicyMetrics {
  void register(@Observes StartupEvent started, MeterRegistry registry, GatewayState serving) {
    ServedModelMeters<PolicyRouter> policies =
        new ServedModelMeters<>(registry, serving, "whetstone.policies.", ServedModel::policies);
    policies.gauge(
        "revision", "revision of the aliases that are served", p -> p.serving().revision());
    policies.gauge(
        "champion",
        "version number of the champion",
        p -> PolicyStore.number(p.serving().champion().version()));
    policies.gauge(
        "problem",
        "1 while this gateway cannot serve what the aliases name",
        p -> p.problem() == null ? 0 : 1);
    policies.count(
        "refused", "versions that this gateway refused to serve", PolicyRouter::refusals);
  }
}
