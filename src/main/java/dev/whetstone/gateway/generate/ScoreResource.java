package dev.whetstone.gateway.generate;

import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.security.Role;
import dev.whetstone.text.Message;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Scores a given completion under a policy and under the reference. */
@Path("/score")
public class ScoreResource {
  private static final double DEFAULT_BETA = 0.1;

  private final ScoreService scores;

  @Inject
  ScoreResource(ScoreService scores) {
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
    private static Answer of(ScoreService.Compared done, double beta) {
      double logp = done.scores().sum();
      double referenceLogp = done.reference().sum();
      return new Answer(
          done.version(),
          done.prompt(),
          done.completion(),
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
    double beta = request.checkedBeta();
    return Answer.of(scores.score(request, http), beta);
  }
}
