package dev.whetstone.ops;

import dev.whetstone.database.Database;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Reports whether the database can be reached. It is always up, because single answers are
 * generated without the database; pairs and votes are refused with a reason until it is back.
 */
@Readiness
public final class DatabaseReadiness implements HealthCheck {
  @Inject Database database;

  @Override
  public HealthCheckResponse call() {
    var answer = HealthCheckResponse.named("database").up();
    return database
        .unavailableReason()
        .map(reason -> answer.withData("state", "away").withData("reason", reason))
        .orElseGet(() -> answer.withData("state", "answering"))
        .build();
  }
}
