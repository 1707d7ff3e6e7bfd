package dev.whetstone.gateway.generate;

import dev.whetstone.engine.ScoreRequest;
import dev.whetstone.engine.Scores;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.RequestLog;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.policy.Policy;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** Scores a completion under a version and under the reference. */
@Singleton
final class ScoreService {
  private final GatewayConfig config;
  private final GenerationService generations;

  @Inject
  ScoreService(GatewayConfig config, GenerationService generations) {
    this.config = config;
    this.generations = generations;
  }

  /** Log-probs of the completion under a version and under the reference, version v0. */
  record Compared(Scores scores, Scores reference) {}

  /** Scores the completion's tokens after the prompt's; the reference alone where they are one. */
  Compared score(
      ServedModel model, Policy policy, int[] prompt, int[] completion, RoutingContext http) {
    RequestLog.setPolicy(http, policy.version());
    Scores reference = run(model, prompt, completion, model.base(), http);
    return new Compared(
        policy.isBase() ? reference : run(model, prompt, completion, policy, http), reference);
  }

  private Scores run(
      ServedModel model, int[] prompt, int[] completion, Policy policy, RoutingContext http) {
    return generations.score(
        model, () -> new ScoreRequest(prompt, completion, policy, config.requestTimeout()), http);
  }
}
