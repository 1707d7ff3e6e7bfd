package dev.whetstone.ops;

import dev.whetstone.settings.ProcessRole;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** A trainer is ready once it has found its base model and its database. */
@Readiness
@Singleton
@LookupIfProperty(name = ProcessRole.PROPERTY, stringValue = ProcessRole.TRAINER)
public final class TrainerReadiness implements HealthCheck {
  private volatile boolean training;

  /** Reports ready from now on. */
  public void begin() {
    training = true;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("serving")
        .status(training)
        .withData("state", training ? "training" : "loading the model")
        .build();
  }
}
