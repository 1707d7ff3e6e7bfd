package dev.whetstone.gateway.generate;

import dev.whetstone.engine.ScoreRequest;
import dev.whetstone.engine.Scores;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.http.RequestLog;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.policy.Policy;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Arrays;

/** Scores a completion under a version and under the reference. */
@Singleton
final class ScoreService {
  private final GatewayState serving;
  private final GatewayConfig config;
  private final GenerationService generations;

  @Inject
  ScoreService(GatewayState serving, GatewayConfig config, GenerationService generations) {
    this.serving = serving;
    this.config = config;
    this.generations = generations;
  }

  /** Log-probs of a completion under a version and under the reference, version v0. */
  record Compared(
      String version, int[] prompt, int[] completion, Scores scores, Scores reference) {}

  /**
   * Scores the completion's tokens after the prompt's; the reference alone where the version is it.
   *
   * @throws ProblemException 400 for what cannot be scored
   * @throws dev.whetstone.policy.PolicyException when the version cannot be served
   */
  Compared score(ScoreResource.Request request, RoutingContext http) {
    ServedModel model = serving.model();
    Policy policy = model.policy(request.policy());
    int[] prompt = prompt(request, model);
    int[] completion = completion(request, model);
    RequestLog.setPolicy(http, policy.version());
    Scores reference = run(model, prompt, completion, model.base(), http);
    Scores scores = policy.isBase() ? reference : run(model, prompt, completion, policy, http);
    return new Compared(policy.version(), prompt, completion, scores, reference);
  }

  private static int[] prompt(ScoreResource.Request request, ServedModel model) {
    if (request.promptIds() == null) {
      return Prompt.of(model, request.messages(), request.prompt()).ids();
    }
    if (request.messages() != null || request.prompt() != null) {
      throw ProblemException.invalidField(
          "prompt_ids", "give one of messages, prompt and prompt_ids");
    }
    return request.promptIds();
  }

  private static int[] completion(ScoreResource.Request request, ServedModel model) {
    if ((request.completion() == null) == (request.completionIds() == null)) {
      throw ProblemException.invalidField("completion", "give either completion or completion_ids");
    }
    if (request.completion() == null) {
      return request.completionIds() == null ? new int[0] : request.completionIds();
    }
    Prompt.requireReadable("completion", model, request.completion().length());
    int[] ids =
        request.messages() == null
            ? model.tokenizer().encode(request.completion(), false)
            : model.tokenizer().encodeUserText(request.completion());
    int[] ended = Arrays.copyOf(ids, ids.length + 1);
    ended[ids.length] = model.endToken();
    return ended;
  }

  private Scores run(
      ServedModel model, int[] prompt, int[] completion, Policy policy, RoutingContext http) {
    return generations.score(
        model, () -> new ScoreRequest(prompt, completion, policy, config.requestTimeout()), http);
  }
}
