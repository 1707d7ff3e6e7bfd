package dev.whetstone.ops;

import dev.whetstone.training.RunStatus;
import dev.whetstone.training.worker.LearningStatus;
import dev.whetstone.training.worker.TrainingWorker;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;

/** Publishes what a trainer does and how many votes wait for it. */
@Singleton
public final class TrainerMetrics {
  private final MeterRegistry registry;

  @Inject
  TrainerMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Registers the metrics of this process's worker. */
  public void register(TrainingWorker training) {
    Gauge.builder("whetstone.trainer.leads", training, t -> t.leads() ? 1 : 0)
        .description("1 while this trainer holds the leader lock and executes runs")
        .register(registry);
    LearningStatus learning = training.status();
    Gauge.builder("whetstone.trainer.usable_votes", learning, l -> l.pool().counts().usable())
        .description("usable votes in the pool")
        .register(registry);
    Gauge.builder("whetstone.trainer.votes_waiting", learning, l -> l.pool().counts().newer())
        .description("usable votes that no run with a result has considered")
        .register(registry);
    Gauge.builder(
            "whetstone.trainer.votes_since_promotion", learning, l -> l.pool().counts().since())
        .description("usable votes since the champion was promoted")
        .register(registry);
    for (RunStatus end : List.of(RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)) {
      FunctionCounter.builder("whetstone.trainer.runs", learning, l -> l.ended(end))
          .tag("end", end.label())
          .description("ended runs")
          .register(registry);
    }
  }
}
