package dev.whetstone.ops;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.whetstone.database.Database;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Reports whether the database can be reached. It is up once the database has answered, and stays
 * so, because single answers are generated without the database; pairs and votes are refused with a
 * reason until it is back. Anyone may ask, so the reason is in the log alone.
 */
@Readiness
@Singleton
public final class DatabaseReadiness implements HealthCheck {
  private static final Duration VALID = Duration.ofSeconds(1);

  private final Database database;
  private final InstantSource clock;

  @GuardedBy("this")
  private boolean answering;

  @GuardedBy("this")
  private boolean answered;

  @GuardedBy("this")
  private Instant asked = Instant.MIN;

  @Inject
  DatabaseReadiness(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  @Override
  public synchronized HealthCheckResponse call() {
    var answer = HealthCheckResponse.named("database");
    if (isAnswering()) {
      return answer.up().withData("state", "answering").build();
    }
    return answered
        ? answer.up().withData("state", "away").build()
        : answer.down().withData("state", "opening").build();
  }

  // At most one connection a second, however many ask.
  @GuardedBy("this")
  private boolean isAnswering() {
    if (clock.instant().isAfter(asked.plus(VALID))) {
      answering = database.probe().isEmpty();
      answered |= answering;
      asked = clock.instant();
    }
    return answering;
  }
}
