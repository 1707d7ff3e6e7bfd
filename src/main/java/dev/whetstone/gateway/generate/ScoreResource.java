package dev.whetstone.gateway.generate;

import dev.whetstone.gateway.http.ProblemException;
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
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Scores a given completion under a policy and under the reference. */
@Path("/score")
public class ScoreResource {
  private static final double DEFAULT_BETA = 0.1;

  private final GatewayState serving;
  private final ScoreService scores;

  @Inject
  ScoreResource(GatewayState serving, ScoreService scores) {
    this.serving = serving;
    this.scores = scores;
  }

  /** A completion given as text gets the end token appended; beta defaults to 0.1. */
  public record Request(
      @Nullable List<Message> messages,
      @Nullable String prompt,
      int @Nullable [] promptIds,
      @Nullable String completion,
      int @Nullable [] completionIds,
      @Nullable String policy,
      @Nullable Double beta) {
    private double checkedBeta() {
      double scale = beta == null ? DEFAULT_BETA : beta;
      if (!(scale > 0) || Double.isInfinite(scale)) {
        throw ProblemException.invalidField("beta", "beta must be positive");
      }
      return scale;
    }
  }

  /**
   * Log-probs of each completion token and their sums.
   *
   * @param logps natural log-probs (nats) of each completion token under the policy
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
      double reward) {
    private static Answer of(
        String version, int[] prompt, int[] completion, ScoreService.Compared done, double beta) {
      double logp = done.scores().sum();
      double referenceLogp = done.reference().sum();
      return new Answer(
          version,
          prompt,
          completion,
          done.scores().logps(),
          done.reference().logps(),
          logp,
          referenceLogp,
          beta * (logp - referenceLogp));
    }
  }

  @POST
  @Operation(summary = "Computes log-probs of a given completion under a version and the reference")
  @RolesAllowed(Role.OPERATOR_ROLE)
  @APIResponse(responseCode = "200", description = "log-probs of each token, and their sums")
  @APIResponse(responseCode = "404", description = "there is no such policy")
  @RunOnVirtualThread
  public Answer score(Request request, @Context RoutingContext http) {
    ServedModel model = serving.model();
    Policy policy = model.policy(request.policy());
    double beta = request.checkedBeta();
    int[] prompt = prompt(request, model);
    int[] completion = completion(request, model);
    var compared = scores.score(model, policy, prompt, completion, http);
    return Answer.of(policy.version(), prompt, completion, compared, beta);
  }

  private static int[] prompt(Request request, ServedModel model) {
    if (request.promptIds() == null) {
      return Prompt.of(model, request.messages(), request.prompt()).ids();
    }
    if (request.messages() != null || request.prompt() != null) {
      throw ProblemException.invalidField(
          "prompt_ids", "give one of messages, prompt and prompt_ids");
    }
    return request.promptIds();
  }

  private static int[] completion(Request request, ServedModel model) {
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
}
