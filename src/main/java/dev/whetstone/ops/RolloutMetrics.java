package dev.whetstone.ops;

import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.rollout.RolloutFigures;
import dev.whetstone.rollout.RolloutStatus;
import dev.whetstone.rollout.Rollouts;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Arrays;

/** Exports to Prometheus what duels, watches and ended rollouts are like; 0 where there is none. */
@Singleton
public final class RolloutMetrics {
  void register(@Observes StartupEvent started, MeterRegistry registry, GatewayState serving) {
    ServedModelMeters<Rollouts> rollouts =
        new ServedModelMeters<>(registry, serving, "whetstone.", ServedModel::rollouts);
    gauges(rollouts);
    Arrays.stream(RolloutStatus.values())
        .filter(status -> !status.active())
        .map(RolloutStatus::label)
        .distinct()
        .forEach(
            status ->
                FunctionCounter.builder(
                        "whetstone.rollouts.ended", serving, state -> ended(state, status))
                    .description("rollouts that ended, by their status")
                    .tag("status", status)
                    .register(registry));
  }

  private static void gauges(ServedModelMeters<Rollouts> rollouts) {
    rollouts.gauge("duel.age.seconds", "age of the running duel", r -> r.figures().duelSeconds());
    rollouts.gauge("duel.wins", "counted votes for the candidate", r -> r.figures().duelWins());
    rollouts.gauge("duel.losses", "counted votes against it", r -> r.figures().duelLosses());
    rollouts.gauge("duel.evidence", "e-value of the running duel", r -> r.figures().duelEvidence());
    rollouts.gauge(
        "duel.threshold", "e-value that promotes its candidate", r -> r.figures().duelThreshold());
    rollouts.gauge(
        "watch.evidence",
        "e-value against the champion being as good as its predecessor",
        r -> r.figures().watchEvidence());
    rollouts.gauge(
        "champion.win.rate", "share of votes it won against v0", r -> r.figures().winRate());
    rollouts.gauge("champion.win.rate.low", "its lower bound", r -> r.figures().winRateLow());
    rollouts.gauge("champion.win.rate.high", "its upper bound", r -> r.figures().winRateHigh());
    rollouts.gauge("champion.win.rate.votes", "votes behind it", r -> r.figures().winRateVotes());
  }

  private static double ended(GatewayState serving, String status) {
    return serving.state() instanceof State.Ready ready
        ? figures(ready).ended().getOrDefault(status, 0L)
        : 0;
  }

  private static RolloutFigures figures(State.Ready ready) {
    return ready.model().rollouts().figures();
  }
}
