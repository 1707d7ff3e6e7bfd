package dev.whetstone.gateway.generate;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.EngineClosedException;
import dev.whetstone.engine.Generation;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.engine.PolicyNotStagedException;
import dev.whetstone.engine.QueueFullException;
import dev.whetstone.engine.ScoreRequest;
import dev.whetstone.engine.Scores;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.KeyQuota;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.rollout.AnswerAssignment;
import dev.whetstone.rollout.DuelTracker;
import dev.whetstone.security.Role;
import io.quarkus.security.identity.SecurityIdentity;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Runs planned generations and builds their responses. */
@Singleton
public final class GenerationService {
  private static final int MAX_ATTEMPTS = 4;

  private final GatewayConfig config;
  private final RandomGenerator random;
  private final SecurityIdentity identity;
  private final GrammarService grammars;
  private final PairSeeds pairSeeds;
  private final KeyQuota quota;

  @Inject
  GenerationService(
      GatewayConfig config,
      RandomGenerator random,
      SecurityIdentity identity,
      GrammarService grammars,
      PairSeeds pairSeeds,
      KeyQuota quota) {
    this.config = config;
    this.random = random;
    this.identity = identity;
    this.grammars = grammars;
    this.pairSeeds = pairSeeds;
    this.quota = quota;
  }

  /** Checks a request and fills in its defaults, as {@link GenerationPlan#of} does. */
  public GenerationPlan plan(
      ServedModel model, GenerateRequest request, GenerationPlan.Extras extras) {
    return GenerationPlan.of(
        request, extras, caller(), model, config, random, pairSeeds::mix, grammars);
  }

  /** Whose request this is. */
  public Caller caller() {
    return new Caller(identity.getPrincipal().getName(), identity.hasRole(Role.OPERATOR_ROLE));
  }

  /** Submits a plan whose text is needed only when it is complete. */
  public Generation submit(ServedModel model, GenerationPlan plan, RoutingContext http) {
    return submit(model, plan, GenerationListener.NO_OP, http);
  }

  /**
   * Submits a plan, counted for the duel or watch that it is part of; a client that disconnects
   * cancels it.
   *
   * @throws ProblemException 429 when the queue is full or the key has too much at once, 503 while
   *     the gateway shuts down
   */
  public Generation submit(
      ServedModel model, GenerationPlan plan, GenerationListener listener, RoutingContext http) {
    GenerationRequest request = plan.request();
    GenerationListener observed = observed(model, plan, listener);
    String key = caller().keyId();
    quota.begin(key, http);
    Generation generation = callEngine(model, () -> model.engine().submit(request, observed));
    quota.charge(key, request.prompt().length);
    var _ = generation.result().thenAccept(done -> quota.charge(key, sampled(done)));
    http.addEndHandler(ended -> generation.cancel());
    return generation;
  }

  private static GenerationListener observed(
      ServedModel model, GenerationPlan plan, GenerationListener listener) {
    DuelTracker duels = model.rollouts().duelTracker();
    if (plan.pair()) {
      return duels.observe(plan.writers(), listener);
    }
    AnswerAssignment answer = plan.answer();
    return answer == null
        ? listener
        : duels.observe(answer, plan.request().branches().size(), listener);
  }

  private static long sampled(List<Completion> done) {
    return done.stream().mapToLong(completion -> completion.tokens().length).sum();
  }

  /**
   * Calls the engine and maps its refusals to problems. If the version was unloaded after the
   * request chose it, the version is staged again and the call repeated.
   */
  <T> T callEngine(ServedModel model, Supplier<T> submission) {
    for (int attempt = 1; ; attempt++) {
      try {
        return translate(model, submission);
      } catch (PolicyNotStagedException unloaded) {
        if (attempt == MAX_ATTEMPTS) {
          throw ProblemException.retryLater(
              503, "not_ready", String.valueOf(unloaded.getMessage()), 1);
        }
        model.policies().restage(unloaded.policy());
      }
    }
  }

  private <T> T translate(ServedModel model, Supplier<T> submission) {
    try {
      return submission.get();
    } catch (PolicyNotStagedException unloaded) {
      throw unloaded;
    } catch (QueueFullException full) {
      throw ProblemException.retryLater(
          429,
          "queue_full",
          String.valueOf(full.getMessage()),
          (int) full.retryAfter().toSeconds());
    } catch (EngineClosedException closed) {
      if (model.engine().failed()) {
        throw ProblemException.retryLater(
            503,
            "engine_failed",
            "the engine has failed; the gateway starts again",
            (int) config.retryAfter().toSeconds());
      }
      throw ProblemException.retryLater(
          503, "draining", "the gateway is shutting down", (int) config.retryAfter().toSeconds());
    } catch (IllegalArgumentException unusable) {
      throw ProblemException.of(400, "invalid_field", String.valueOf(unusable.getMessage()));
    }
  }

  /**
   * Scores a completion; a client that disconnects cancels it.
   *
   * @param request made when the engine is called, so that its refusals are problems too
   * @throws ProblemException 400 when the request is refused, 429 when the queue is full, 503 at
   *     the time limit or while the gateway shuts down
   */
  public Scores score(ServedModel model, Supplier<ScoreRequest> request, RoutingContext http) {
    quota.begin(caller().keyId(), http);
    CompletableFuture<Scores> future = callEngine(model, () -> model.engine().score(request.get()));
    http.addEndHandler(ended -> future.cancel(false));
    try {
      return future.join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof TimeoutException) {
        throw ProblemException.retryLater(
            503,
            "deadline",
            "the request reached its time limit; try again",
            (int) config.retryAfter().toSeconds());
      }
      throw failed;
    }
  }

  /** Waits for a completion and builds its response. */
  static GenerateResponse.Single awaitResponse(
      String id, GenerationPlan plan, Generation generation) {
    List<Completion> done = generation.result().join();
    return new GenerateResponse.Single(
        id,
        plan.shownName(),
        GenerateResponse.Text.of(done.getFirst()),
        plan.answer() == null
            ? GenerateResponse.Usage.of(plan.prompt().ids().length, done, generation.timings())
            : GenerateResponse.Usage.ofBlind(plan.prompt().ids().length, done),
        GenerateResponse.Times.of(generation.timings()));
  }
}
