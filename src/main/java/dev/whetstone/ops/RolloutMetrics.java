package dev.whetstone.ops;

import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.rollout.DecisionStore;
import dev.whetstone.rollout.RolloutFigures;
import dev.whetstone.rollout.Rollouts;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Exports to Prometheus what duels, watches and ended rollouts are like; 0 where there is none. */
@Singleton
public final class RolloutMetrics {
  private final Set<DecisionStore.Ending> registered = ConcurrentHashMap.newKeySet();

  void register(@Observes StartupEvent started, MeterRegistry registry, GatewayState serving) {
    ServedModelMeters<Rollouts> rollouts =
        new ServedModelMeters<>(registry, serving, "whetstone.", ServedModel::rollouts);
    gauges(rollouts);
  }

  private void gauges(ServedModelMeters<Rollouts> rollouts) {
    rollouts.gauge(
        "duel.age.seconds", "age of the running duel", r -> figures(rollouts, r).duelSeconds());
    rollouts.gauge("duel.wins", "counted votes for the candidate", r -> r.figures().duelWins());
    rollouts.gauge("duel.losses", "counted votes against it", r -> r.figures().duelLosses());
    rollouts.gauge("duel.evidence", "e-value of the running duel", r -> r.figures().duelEvidence());
    rollouts.gauge(
        "duel.threshold", "e-value that promotes its candidate", r -> r.figures().duelThreshold());
    rollouts.gauge(
        "watch.evidence",
        "e-value against the champion being as good as its predecessor",
        r -> r.figures().watchEvidence());
    rollouts.count(
        "champion.promotions", "champions that were promoted", r -> r.figures().promotions());
    rollouts.count(
        "champion.rollbacks", "champions that were rolled back", r -> r.figures().rollbacks());
    rollouts.count(
        "watch.rollbacks", "champions that a watch took back", r -> r.figures().watchRollbacks());
    rollouts.gauge(
        "champion.win.rate", "share of votes it won against v0", r -> r.figures().winRate());
    rollouts.gauge("champion.win.rate.low", "its lower bound", r -> r.figures().winRateLow());
    rollouts.gauge("champion.win.rate.high", "its upper bound", r -> r.figures().winRateHigh());
    rollouts.gauge("champion.win.rate.votes", "votes behind it", r -> r.figures().winRateVotes());
  }

  // Which endings there are is known only from the log: each is registered when it is first seen.
  private RolloutFigures figures(ServedModelMeters<Rollouts> meters, Rollouts rollouts) {
    RolloutFigures figures = rollouts.figures();
    for (DecisionStore.Ending ending : figures.endings().keySet()) {
      if (registered.add(ending)) {
        FunctionCounter.builder(
                "whetstone.rollouts.ended", meters.serving(), state -> ended(state, ending))
            .description("decisions that ended rollouts, by status and cause")
            .tag("status", ending.status().label())
            .tag("cause", ending.cause())
            .register(meters.registry());
      }
    }
    return figures;
  }

  private static double ended(GatewayState serving, DecisionStore.Ending ending) {
    return serving.state() instanceof State.Ready ready
        ? ready.model().rollouts().figures().endings().getOrDefault(ending, 0L)
        : 0;
  }
}
