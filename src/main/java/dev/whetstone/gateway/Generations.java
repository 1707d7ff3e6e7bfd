package dev.whetstone.gateway;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.EngineClosedException;
import dev.whetstone.engine.Generation;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.engine.QueueFullException;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Runs planned generations and words their answers. */
@Singleton
final class Generations {
  @Inject GatewayConfig config;
  @Inject InstantSource clock;
  @Inject RandomGenerator random;

  /**
   * Submits a request; the engine ends it when the client hangs up.
   *
   * @throws ProblemException 429 when too much waits, 503 while draining
   */
  Generation submit(
      LoadedModel model,
      GenerationRequest request,
      GenerationListener listener,
      RoutingContext http) {
    Generation generation = admit(() -> model.engine().submit(request, listener));
    http.addEndHandler(ended -> generation.cancel());
    return generation;
  }

  /** Words what the engine says of a request it does not take. */
  <T> T admit(Supplier<T> submission) {
    try {
      return submission.get();
    } catch (QueueFullException full) {
      throw ProblemException.retryLater(
          429,
          "queue_full",
          String.valueOf(full.getMessage()),
          (int) full.retryAfter().toSeconds());
    } catch (EngineClosedException closed) {
      throw ProblemException.retryLater(
          503, "draining", "the gateway is shutting down", (int) config.retryAfter().toSeconds());
    } catch (IllegalArgumentException unusable) {
      throw ProblemException.of(400, "invalid_field", String.valueOf(unusable.getMessage()));
    }
  }

  /** Whether side a is the second branch: drawn for every pair. */
  boolean swapped(GenerationPlan plan) {
    return plan.pair() && random.nextBoolean();
  }

  /** The whole answer. */
  Object answer(GenerationPlan plan, Generation generation, boolean swapped) {
    List<Completion> done = generation.result().join();
    Answers.Usage usage = Answers.Usage.of(plan.prompt().ids().length, done, generation.timings());
    if (!plan.pair()) {
      return new Answers.Single(
          Ids.draw("gen"),
          plan.policy().version(),
          Answers.Text.of(done.getFirst()),
          usage,
          Answers.Times.of(generation.timings()));
    }
    return new Answers.Pair(
        Ids.draw("pair"),
        clock.instant().plus(config.pairExpiry()),
        Answers.Text.of(done.get(swapped ? 1 : 0)),
        Answers.Text.of(done.get(swapped ? 0 : 1)),
        done.stream().anyMatch(Completion::identical),
        usage);
  }
}
