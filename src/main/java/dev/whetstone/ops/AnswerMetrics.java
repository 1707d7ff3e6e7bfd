package dev.whetstone.ops;

import dev.whetstone.preference.feedback.AnswerLog;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.function.ToDoubleFunction;

/** Exports to Prometheus how many single answers are kept so that they can be rated. */
@Singleton
public final class AnswerMetrics {
  void register(@Observes StartupEvent started, MeterRegistry registry, AnswerLog answers) {
    FunctionCounter.builder("whetstone.answers.kept", answers, AnswerLog::written)
        .description("single answers that were stored, so that they can be rated")
        .register(registry);
    dropped(registry, answers, "queue", AnswerLog::droppedByQueue);
    dropped(registry, answers, "database", AnswerLog::droppedByDatabase);
    Gauge.builder("whetstone.answers.waiting", answers, AnswerLog::waiting)
        .description("single answers that wait to be stored")
        .register(registry);
  }

  private static void dropped(
      MeterRegistry registry, AnswerLog answers, String reason, ToDoubleFunction<AnswerLog> count) {
    FunctionCounter.builder("whetstone.answers.dropped", answers, count)
        .tag("reason", reason)
        .description("single answers that were not stored and cannot be rated")
        .register(registry);
  }
}
