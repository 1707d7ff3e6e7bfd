package dev.whetstone.ops;

import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import dev.whetstone.security.ApiKeys;
import dev.whetstone.serving.PolicyRouter;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready from when the model is loaded and the keys are read until shutdown begins. */
@Readiness
public final class ServingReadiness implements HealthCheck {
  @Inject GatewayState serving;
  @Inject ApiKeys keys;

  @Override
  public HealthCheckResponse call() {
    var answer = HealthCheckResponse.named("serving");
    return switch (serving.state()) {
      case State.Ready ready ->
          keys.isLoaded()
              ? serving(answer.up(), ready.model().policies())
              : answer.down().withData("state", "reading the keys").build();
      case State.TrainerOnly _ -> answer.up().withData("state", "training").build();
      case State.Loading _ -> answer.down().withData("state", "loading the model").build();
      case State.Draining _ -> answer.down().withData("state", "draining").build();
      case State.Failed failed -> answer.down().withData("state", failed.reason()).build();
    };
  }

  // A gateway that cannot follow the aliases keeps serving its last versions, so it stays ready.
  private static HealthCheckResponse serving(
      HealthCheckResponseBuilder answer, PolicyRouter policies) {
    answer.withData("champion", policies.serving().champion().version());
    String problem = policies.problem();
    return (problem == null ? answer : answer.withData("problem", problem)).build();
  }
}
