package dev.whetstone.gateway.generate;

import dev.whetstone.engine.ScoreRequest;
import dev.whetstone.engine.Scores;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.http.RequestLog;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.policy.Policy;
import dev.whetstone.security.Role;
import dev.whetstone.text.Message;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Log-probs of a given completion under a policy and under the reference. */
@Path("/score")
public class ScoreResource {
  private static final double DEFAULT_BETA = 0.1;

  @Inject GatewayState serving;
  @Inject GatewayConfig config;
  @Inject GenerationService generations;

  /** A text completion gets the end token appended; beta defaults to 0.1. */
  public record Request(
      @Nullable List<Message> messages,
      @Nullable String prompt,
      int @Nullable [] promptIds,
      @Nullable String completion,
      int @Nullable [] completionIds,
      @Nullable String policy,
      @Nullable Double beta) {}

  /**
   * Log-probs per token and in sum.
   *
   * @param logps natural log-probs of each completion token under the policy
   * @param reward beta * (logp - referenceLogp), Rafailov et al. 2023, equation 5 without the
   *     partition function
   */
  public record Answer(
      String policy,
      int[] promptIds,
      int[] completionIds,
      float[] logps,
      float[] referenceLogps,
      double logp,
      double referenceLogp,
      double reward) {}

  @POST
  @RolesAllowed(Role.OPERATOR_ROLE)
  @APIResponse(responseCode = "200", description = "log-probs, per token and in sum")
  @APIResponse(responseCode = "404", description = "there is no such policy")
  @RunOnVirtualThread
  public Answer score(Request asked, @Context RoutingContext http) {
    ServedModel model = serving.model();
    Policy policy = model.policy(asked.policy());
    double beta = asked.beta() == null ? DEFAULT_BETA : asked.beta();
    if (!(beta > 0) || Double.isInfinite(beta)) {
      throw ProblemException.badField("beta", "invalid_field", "beta must be positive");
    }
    int[] prompt = prompt(asked, model);
    int[] completion = completion(asked, model);
    RequestLog.policy(http, policy.version());
    Scores reference = run(model, prompt, completion, model.base(), http);
    Scores own = policy.isBase() ? reference : run(model, prompt, completion, policy, http);
    return new Answer(
        policy.version(),
        prompt,
        completion,
        own.logps(),
        reference.logps(),
        own.sum(),
        reference.sum(),
        beta * (own.sum() - reference.sum()));
  }

  private static int[] prompt(Request asked, ServedModel model) {
    if (asked.promptIds() == null) {
      return Prompt.of(model, asked.messages(), asked.prompt()).ids();
    }
    if (asked.messages() != null || asked.prompt() != null) {
      throw ProblemException.badField(
          "prompt_ids", "invalid_field", "give one of messages, prompt and prompt_ids");
    }
    return asked.promptIds();
  }

  private static int[] completion(Request asked, ServedModel model) {
    if ((asked.completion() == null) == (asked.completionIds() == null)) {
      throw ProblemException.badField(
          "completion", "invalid_field", "give either completion or completion_ids");
    }
    if (asked.completion() == null) {
      return asked.completionIds() == null ? new int[0] : asked.completionIds();
    }
    int[] ids = model.tokenizer().encode(asked.completion(), false);
    int[] ended = Arrays.copyOf(ids, ids.length + 1);
    ended[ids.length] = model.endToken();
    return ended;
  }

  private Scores run(
      ServedModel model, int[] prompt, int[] completion, Policy policy, RoutingContext http) {
    CompletableFuture<Scores> scores =
        generations.admit(
            model,
            () ->
                model
                    .engine()
                    .score(new ScoreRequest(prompt, completion, policy, config.requestTimeout())));
    http.addEndHandler(ended -> scores.cancel(false));
    try {
      return scores.join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof TimeoutException) {
        throw ProblemException.retryLater(
            503, "deadline", "the time limit was reached", (int) config.retryAfter().toSeconds());
      }
      throw failed;
    }
  }
}
