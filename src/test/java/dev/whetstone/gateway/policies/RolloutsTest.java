package dev.whetstone.gateway.policies;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.testing.OwnHome;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rollouts over HTTP: opened, refused, measured, ended. */
@QuarkusTest
@Tag("own")
@TestProfile(OwnHome.class)
class RolloutsTest extends ReadyGateway {
  /** The seed of a random adapter that leaves the probe text fluent; not every one does. */
  private static final long HARMLESS = 900;

  private static long seed = 500;

  @Inject Database database;

  @AfterEach
  void cancelActiveRollouts() {
    for (String id :
        asOperator()
            .get("/rollouts")
            .jsonPath()
            .<String>getList("items.findAll { it.ended_at == null }.id")) {
      asOperator().delete("/rollouts/" + id);
    }
  }

  @Test
  void theGateMeasuresAVersionAndWaitsForVotesToJudgeItAgain() throws Exception {
    String version = OperatedVersions.imported(HARMLESS);

    String id =
        open(version, ", \"mode\": \"automatic\", \"reason\": \"a test\"")
            .statusCode(201)
            .body("policy", equalTo(version))
            .body("champion", equalTo("v0"))
            .body("status", equalTo("gating"))
            .body("decisions.decision", contains("gating"))
            .extract()
            .path("id");

    measured(id)
        .body("status", equalTo("gating"))
        .body("gate.find { it.name == 'canary_perplexity' }.verdict", equalTo("pass"))
        .body("gate.find { it.name == 'quality' }.verdict", equalTo("pass"))
        .body("gate.find { it.name == 'automatic_evidence' }.verdict", equalTo("inconclusive"));
    asOperator().get("/policies/champion").then().body("version", equalTo("v0"));
  }

  @Test
  void invalidRolloutsAreRefused() throws IOException {
    String version = imported();
    open("v999", "").statusCode(404).body("code", equalTo("unknown_policy"));
    open("v0", "").statusCode(409).body("code", equalTo("rollout_refused"));
    open("champion", "").statusCode(409);
    asOperator()
        .body("{}")
        .post("/rollouts")
        .then()
        .statusCode(400)
        .body("field", equalTo("policy"));
    for (String share : new String[] {"0", "-1", "1.5"}) {
      open(version, ", \"share\": " + share).statusCode(400).body("field", equalTo("share"));
    }
    open(version, ", \"mode\": \"blind\"").statusCode(400).body("field", equalTo("mode"));
    asOperator()
        .get("/rollouts/none")
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_rollout"));
    asOperator().delete("/rollouts/none").then().statusCode(404);
    for (String role : new String[] {"chat", "rater", "trainer"}) {
      as(role).get("/rollouts").then().statusCode(403);
      as(role).body("{\"policy\": \"v0\"}").post("/rollouts").then().statusCode(403);
    }
  }

  @Test
  void onlyOneRolloutIsActiveAtATime() throws Exception {
    String id = duelling();

    open(imported(), "").statusCode(409).body("code", equalTo("rollout_refused"));
    asOperator()
        .queryParam("reason", "changed my mind")
        .delete("/rollouts/" + id)
        .then()
        .statusCode(200)
        .body("status", equalTo("aborted"))
        .body("reason", equalTo("changed my mind"));
    asOperator()
        .delete("/rollouts/" + id)
        .then()
        .statusCode(200)
        .body("reason", equalTo("changed my mind"));
    assertThat(asOperator().get("/policies").jsonPath().<Object>getList("items.aliases.flatten()"))
        .doesNotContain("candidate");
  }

  @Test
  void anOperatorMayPromoteDuringADuel() throws Exception {
    String id = duelling();
    String version = asOperator().get("/rollouts/" + id).path("policy");

    asOperator().post("/policies/" + version + "/promote").then().statusCode(200);

    ended(id)
        .body("status", equalTo("promoted"))
        .body("reason", equalTo("an operator promoted it"));
    asOperator()
        .body("{\"to\": \"v0\", \"reason\": \"a test\"}")
        .post("/rollback")
        .then()
        .statusCode(200);
  }

  @Test
  void aRepeatedRequestOpensOne() throws Exception {
    String version = imported();
    String key = "rollout-" + System.nanoTime();
    String body = "{\"policy\": \"" + version + "\", \"mode\": \"manual\"}";
    String id =
        asOperator()
            .header("Idempotency-Key", key)
            .body(body)
            .post("/rollouts")
            .then()
            .statusCode(201)
            .extract()
            .path("id");
    measured(id);
    asOperator().delete("/rollouts/" + id).then().statusCode(200);

    asOperator()
        .header("Idempotency-Key", key)
        .body(body)
        .post("/rollouts")
        .then()
        .statusCode(201)
        .body("id", equalTo(id));
    asOperator()
        .header("Idempotency-Key", key)
        .body("{\"policy\": \"" + version + "\", \"mode\": \"duel\"}")
        .post("/rollouts")
        .then()
        .statusCode(422);
    asOperator()
        .get("/rollouts")
        .then()
        .body("items.findAll { it.policy == '" + version + "' }", hasSize(1));
  }

  @Test
  void aRepeatedRollbackGoesBackOnce() throws Exception {
    String first = imported();
    String second = imported();
    asOperator().post("/policies/" + first + "/promote").then().statusCode(200);
    asOperator().post("/policies/" + second + "/promote").then().statusCode(200);
    String key = "rollback-" + System.nanoTime();
    for (int i = 0; i < 2; i++) {
      asOperator()
          .header("Idempotency-Key", key)
          .body("{\"reason\": \"a test\"}")
          .post("/rollback")
          .then()
          .statusCode(200)
          .body("version", equalTo(first));
      asOperator().get("/policies/champion").then().body("version", equalTo(first));
    }
    asOperator()
        .body("{\"to\": \"v0\", \"reason\": \"a test\"}")
        .post("/rollback")
        .then()
        .statusCode(200);
  }

  /** Opens a rollout and puts it in its duel, as if it had passed the gate. */
  private String duelling() throws Exception {
    String id = open(imported(), ", \"mode\": \"duel\"").statusCode(201).extract().path("id");
    measured(id);
    database.transaction(
        connection ->
            Sql.update(
                connection,
                "UPDATE rollouts SET status = 'duelling', duel_began_at = now(), ended_at = NULL"
                    + " WHERE rollout_id = ?",
                id));
    return id;
  }

  private static ValidatableResponse measured(String id) {
    return awaited(id, rollout -> !rollout.extract().<List<Object>>path("gate").isEmpty());
  }

  private static ValidatableResponse ended(String id) {
    Set<String> open = Set.of("gating", "duelling", "awaiting_approval");
    return awaited(id, rollout -> !open.contains(rollout.extract().<String>path("status")));
  }

  private static ValidatableResponse awaited(String id, Predicate<ValidatableResponse> condition) {
    return await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> asOperator().get("/rollouts/" + id).then().statusCode(200), condition);
  }

  private static ValidatableResponse open(String version, String more) {
    return asOperator()
        .body("{\"policy\": \"" + version + "\"" + more + "}")
        .post("/rollouts")
        .then();
  }

  private static String imported() throws IOException {
    return OperatedVersions.imported(++seed);
  }

  private static RequestSpecification asOperator() {
    return as("operator");
  }

  private static RequestSpecification as(String role) {
    return given()
        .header("Authorization", "Bearer " + OwnHome.key(role))
        .contentType("application/json");
  }
}
