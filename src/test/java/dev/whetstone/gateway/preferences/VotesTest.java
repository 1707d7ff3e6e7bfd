package dev.whetstone.gateway.preferences;

import static dev.whetstone.gateway.RunningGateway.as;
import static dev.whetstone.gateway.RunningGateway.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.whetstone.database.Database;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.preference.Pair;
import dev.whetstone.preference.PreferenceLog;
import dev.whetstone.preference.TestPairs;
import dev.whetstone.security.KeyFormat;
import dev.whetstone.security.RandomIds;
import dev.whetstone.security.Role;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Votes over HTTP. */
@QuarkusTest
class VotesTest extends ReadyGateway {
  @Inject PreferenceLog log;
  @Inject Database database;

  @Test
  void aVoteIsRecordedOnce() {
    String pair = offered("anna", Duration.ofHours(1));
    String vote =
        """
        {"pair_id": "%s", "choice": "%s", "user": "anna", "comment": "plainer", "tags": ["short", "kind"],
         "confidence": 0.75}
        """;
    String first =
        as("chat", vote.formatted(pair, "a"))
            .post("/preferences")
            .then()
            .statusCode(201)
            .body("pair_id", equalTo(pair))
            .body("choice", equalTo("a"))
            .body("user", equalTo("anna"))
            .body("policies", nullValue())
            .body("usable", equalTo(false))
            .body("reason", equalTo("raw_prompt"))
            .body("recorded_at", notNullValue())
            .extract()
            .path("preference_id");
    as("chat", vote.formatted(pair, "a"))
        .post("/preferences")
        .then()
        .statusCode(200)
        .body("preference_id", equalTo(first));
    as("chat", vote.formatted(pair, "both_bad"))
        .post("/preferences")
        .then()
        .statusCode(409)
        .body("code", equalTo("already_voted"));
  }

  @Test
  void aVoteWithoutAUserIsByThePairsUser() {
    String pair = offered("anna", Duration.ofHours(1));
    as("chat", "{\"pair_id\": \"%s\", \"choice\": \"tie\"}".formatted(pair))
        .post("/preferences")
        .then()
        .statusCode(201)
        .body("user", equalTo("anna"));
  }

  @Test
  void foreignPairsAreUnknown() {
    String pair = offered("anna", Duration.ofHours(1));
    as("chat", vote(pair, "berta"))
        .post("/preferences")
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_pair"));
    // The rater's and the operator's keys did not request the pair and hold no lease on it.
    as("rater", vote(pair, "anna")).post("/preferences").then().statusCode(404);
    as("operator", vote(pair, "anna")).post("/preferences").then().statusCode(404);
    as("trainer", vote(pair, "anna")).post("/preferences").then().statusCode(403);
  }

  @Test
  void anExpiredPairIsGone() {
    String pair = offered("anna", Duration.ofSeconds(-1));
    as("chat", "{\"pair_id\": \"%s\", \"choice\": \"b\"}".formatted(pair))
        .post("/preferences")
        .then()
        .statusCode(410)
        .body("code", equalTo("pair_expired"));
  }

  @Test
  void aRaterVotesOnLeasedPairs() {
    String pair = offered("anna", Duration.ofSeconds(-1));
    lease(pair, "in_force", "now() + interval '1 minute'");
    lease(pair, "lapsed", "now() - interval '1 minute'");
    as("rater", vote(pair, "in_force"))
        .post("/preferences")
        .then()
        .statusCode(201)
        .body("user", equalTo("in_force"));
    as("rater", vote(pair, "lapsed")).post("/preferences").then().statusCode(410);
    as("rater", vote(pair, "nobody")).post("/preferences").then().statusCode(404);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"choice\": \"a\"} | pair_id is missing",
        "{\"pair_id\": \"p\"} | choice is missing",
        "{\"pair_id\": \"p\", \"choice\": \"c\"} | choice must be a, b, tie or both_bad, not c",
        "{\"pair_id\": \"p\", \"choice\": \"a\", \"user\": \" \"} | user must have 1 to 200 characters",
        "{\"pair_id\": \"p\", \"choice\": \"a\", \"confidence\": 1.1} | confidence is from 0 to 1",
        "{\"pair_id\": \"p\", \"choice\": \"a\", \"tags\": [null]} | tags has a null",
        "{\"pair_id\": \"p\", \"choice\": \"a\", \"tags\": [\"\"]} | tags are at most 16 lines of 1 to 64 characters",
        "{\"pair_id\": \"p\", \"choice\": \"a\", \"tags\": [\"x\\ny\"]} | tags are at most 16 lines of 1 to 64 characters",
      })
  void badVotesAreRefusedWithAReason(String body, String detail) {
    as("chat", body).post("/preferences").then().statusCode(400).body("detail", equalTo(detail));
  }

  @Test
  void commentsAreBounded() {
    as(
            "chat",
            "{\"pair_id\": \"p\", \"choice\": \"a\", \"comment\": \"%s\"}"
                .formatted("x".repeat(4_001)))
        .post("/preferences")
        .then()
        .statusCode(400)
        .body("detail", equalTo("comment has at most 4000 characters"));
  }

  @Test
  void tenThousandGuessedIdsAreUnknown() throws Exception {
    offered("anna", Duration.ofHours(1));
    try (var client = HttpClient.newHttpClient();
        var clients = Executors.newFixedThreadPool(16)) {
      Callable<Integer> guess =
          () ->
              client
                  .send(
                      HttpRequest.newBuilder(
                              URI.create("http://localhost:" + RestAssured.port + "/preferences"))
                          .header("Authorization", "Bearer " + key("chat"))
                          .header("Content-Type", "application/json")
                          .POST(
                              HttpRequest.BodyPublishers.ofString(
                                  "{\"pair_id\": \"%s\", \"choice\": \"a\"}"
                                      .formatted(RandomIds.generate("pair"))))
                          .build(),
                      BodyHandlers.discarding())
                  .statusCode();
      var answers = clients.invokeAll(IntStream.range(0, 10_000).mapToObj(_ -> guess).toList());
      Map<Integer, Long> counts =
          answers.stream()
              .map(answer -> answer.resultNow())
              .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
      assertThat(counts).containsExactlyEntriesOf(Map.of(404, 10_000L));
    }
  }

  private String offered(String user, Duration untilExpiry) {
    Pair pair =
        TestPairs.of(
            RandomIds.generate("pair"), keyId(Role.CHAT), user, Instant.now().plus(untilExpiry));
    log.storePair(pair);
    return pair.pairId();
  }

  private static String vote(String pair, String user) {
    return "{\"pair_id\": \"%s\", \"choice\": \"a\", \"user\": \"%s\"}".formatted(pair, user);
  }

  private void lease(String pair, String user, String until) {
    database.statement(
        connection -> {
          try (Statement insert = connection.createStatement()) {
            return insert.executeUpdate(
                "INSERT INTO leases VALUES ('%s', '%s', '%s', %s)"
                    .formatted(pair, keyId(Role.RATER), user, until));
          }
        });
  }

  private static String keyId(Role role) {
    return KeyFormat.id(role, KeyFormat.hash(key(role.label())));
  }
}
