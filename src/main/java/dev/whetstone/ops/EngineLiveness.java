package dev.whetstone.ops;

import dev.whetstone.engine.Engine;
import dev.whetstone.engine.EngineConfig;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Down when the engine's thread has ended by itself, or hangs in one step: only a restart helps.
 */
@Liveness
public final class EngineLiveness implements HealthCheck {
  private final GatewayState serving;
  private final EngineConfig config;

  @Inject
  EngineLiveness(GatewayState serving, EngineConfig config) {
    this.serving = serving;
    this.config = config;
  }

  @Override
  public HealthCheckResponse call() {
    var answer = HealthCheckResponse.named("engine");
    Optional<String> fault =
        serving.state() instanceof State.Ready ready
            ? fault(ready.model().engine(), config.stallLimit())
            : Optional.empty();
    return fault.map(state -> answer.down().withData("state", state)).orElseGet(answer::up).build();
  }

  /** What keeps an engine from computing; empty while nothing does. */
  public static Optional<String> fault(Engine engine, Duration stallLimit) {
    if (engine.failed()) {
      return Optional.of("the engine has failed");
    }
    return engine.stepAge().compareTo(stallLimit) > 0
        ? Optional.of("the engine hangs")
        : Optional.empty();
  }
}
