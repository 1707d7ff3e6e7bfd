package dev.whetstone.ops;

import dev.whetstone.engine.EngineConfig;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.security.ApiKeys;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.settings.ProcessRole;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready from when the model is loaded and the keys are read until shutdown begins, while the engine
 * computes. Anyone may ask, so it tells no message of an error; the log does.
 */
@Readiness
@Singleton
@LookupIfProperty(
    name = ProcessRole.PROPERTY,
    stringValue = ProcessRole.GATEWAY,
    lookupIfMissing = true)
public final class ServingReadiness implements HealthCheck {
  private final GatewayState serving;
  private final ApiKeys keys;
  private final EngineConfig config;

  @Inject
  ServingReadiness(GatewayState serving, ApiKeys keys, EngineConfig config) {
    this.serving = serving;
    this.keys = keys;
    this.config = config;
  }

  @Override
  public HealthCheckResponse call() {
    var answer = HealthCheckResponse.named("serving");
    return switch (serving.state()) {
      case State.Ready ready -> ready(answer, ready.model());
      case State.Loading _ -> answer.down().withData("state", "loading the model").build();
      case State.Draining _ -> answer.down().withData("state", "draining").build();
      case State.Failed _ ->
          answer.down().withData("state", "the model could not be loaded").build();
    };
  }

  private HealthCheckResponse ready(HealthCheckResponseBuilder answer, ServedModel model) {
    Optional<String> fault = EngineLiveness.fault(model.engine(), config.stallLimit());
    if (fault.isPresent()) {
      return answer.down().withData("state", fault.get()).build();
    }
    return keys.isLoaded()
        ? serving(answer.up(), model.policies())
        : answer.down().withData("state", "reading the keys").build();
  }

  // A gateway that cannot follow the aliases keeps serving its last versions, so it stays ready.
  private static HealthCheckResponse serving(
      HealthCheckResponseBuilder answer, PolicyRouter policies) {
    answer.withData("champion", policies.serving().champion().version());
    String problem = policies.problem();
    return (problem == null ? answer : answer.withData("problem", true)).build();
  }
}
