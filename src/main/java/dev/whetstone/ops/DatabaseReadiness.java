package dev.whetstone.ops;

import dev.whetstone.database.Database;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Tells whether the database answers. It never makes the gateway unready: plain generation goes on
 * without it, and pairs and votes are refused with a reason until it is back.
 */
@Readiness
public final class DatabaseReadiness implements HealthCheck {
  @Inject Database database;

  @Override
  public HealthCheckResponse call() {
    var answer = HealthCheckResponse.named("database").up();
    return database
        .away()
        .map(reason -> answer.withData("state", "away").withData("reason", reason))
        .orElseGet(() -> answer.withData("state", "answering"))
        .build();
  }
}
