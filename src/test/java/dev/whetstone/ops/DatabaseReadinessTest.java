package dev.whetstone.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.Database;
import dev.whetstone.testing.SharedPostgres;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("database")
class DatabaseReadinessTest {
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

  /** A gateway that had just drawn its keys was ready while its database was still opened. */
  @Test
  void nothingIsReadyUntilTheDatabaseHasAnsweredOnceAndStaysSoWhileItIsAway() {
    Database database = new Database(SharedPostgres.create());
    DatabaseReadiness readiness = new DatabaseReadiness(database, now::get);
    assertState(readiness.call(), Status.DOWN, "opening");

    database.open();
    assertState(readiness.call(), Status.DOWN, "opening");
    pass();
    assertState(readiness.call(), Status.UP, "answering");

    database.close();
    pass();
    assertState(readiness.call(), Status.UP, "away");
  }

  private void pass() {
    now.updateAndGet(instant -> instant.plusSeconds(2));
  }

  private static void assertState(HealthCheckResponse answer, Status status, String state) {
    assertThat(answer.getStatus()).isEqualTo(status);
    assertThat(answer.getData().orElseThrow()).containsEntry("state", state);
  }
}
