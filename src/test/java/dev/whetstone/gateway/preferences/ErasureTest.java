package dev.whetstone.gateway.preferences;

import static dev.whetstone.gateway.RunningGateway.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.preference.Choice;
import dev.whetstone.preference.PreferenceLog;
import dev.whetstone.preference.TestPairs;
import dev.whetstone.preference.VoteOutcome;
import dev.whetstone.preference.VoteRequest;
import dev.whetstone.security.RandomIds;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A user's right to be forgotten. */
@QuarkusTest
class ErasureTest extends ReadyGateway {
  private static final String BASE = RandomIds.generate("base");
  private static final String RUN = RandomIds.generate("run");

  @Inject PreferenceLog log;
  @Inject Database database;

  @Test
  void aUsersDataIsErasedAndTheVersionsTrainedOnItAreListed() {
    String user = RandomIds.generate("user");
    String vote = vote(user);
    String others = vote("somebody");
    database.transaction(connection -> train(connection, vote, user));

    as("chat", null).delete("/users/%s/data".formatted(user)).then().statusCode(403);
    as("operator", null)
        .delete("/users/%s/data".formatted(user))
        .then()
        .statusCode(200)
        .body("user", equalTo(user))
        .body("pairs", equalTo(1))
        .body("votes", equalTo(1))
        .body("policies", contains("v1"))
        .body("descendants", contains("v3"));

    assertThat(count("SELECT count(*) FROM pairs WHERE user_id = ?", user)).isZero();
    assertThat(count("SELECT count(*) FROM preferences WHERE preference_id = ?", vote)).isZero();
    assertThat(count("SELECT count(*) FROM run_preferences WHERE user_id = ?", user)).isZero();
    assertThat(count("SELECT count(*) FROM preferences WHERE preference_id = ?", others)).isOne();
    String audit = as("operator", null).get("/audit?limit=1").asString();
    assertThat(audit).contains("user data erased", user, "\"policies\": [\"v1\"]");
    assertThat(audit).doesNotContain("How?").doesNotContain("thus");
    // Erasing again finds nothing and succeeds.
    as("operator", null)
        .delete("/users/%s/data".formatted(user))
        .then()
        .statusCode(200)
        .body("votes", equalTo(0))
        .body("policies", empty());
  }

  private String vote(String user) {
    String pair = RandomIds.generate("pair");
    log.storePair(TestPairs.of(pair, "chat_1", user, Instant.now().plus(Duration.ofHours(1))));
    VoteRequest request =
        new VoteRequest(
            RandomIds.generate("pref"),
            pair,
            "chat_1",
            null,
            new Choice.A(),
            "a comment",
            List.of(),
            null);
    assertThat(log.vote(request)).isInstanceOf(VoteOutcome.Recorded.class);
    return request.preferenceId();
  }

  /** Stores v1, trained on the vote; v2, trained without it; and v3, trained from v1. */
  private static int train(Connection connection, String vote, String user) throws SQLException {
    Sql.update(
        connection, "INSERT INTO aliases (base_hash, revision, champion) VALUES (?, 1, 0)", BASE);
    Sql.update(
        connection,
        "INSERT INTO policies (base_hash, number, hash, status) VALUES (?, 0, 'h0', 'ready')",
        BASE);
    adapter(connection, 1, 0, RUN);
    adapter(connection, 2, 0, "run_other");
    adapter(connection, 3, 1, "run_onwards");
    return Sql.update(connection, "INSERT INTO run_preferences VALUES (?, ?, ?)", RUN, vote, user);
  }

  private static void adapter(Connection connection, int number, int parent, String run)
      throws SQLException {
    Sql.update(
        connection,
        "INSERT INTO policies (base_hash, number, hash, rank, alpha, adapter, parent, run_id, status)"
            + " VALUES (?, ?, ?, 8, 16, ?, ?, ?, 'ready')",
        BASE,
        number,
        "h" + number,
        new byte[] {1},
        parent,
        run);
  }

  private long count(String sql, String value) {
    return database.<Long>statement(
        connection -> Sql.first(connection, row -> row.getLong(1), sql, value).orElseThrow());
  }
}
