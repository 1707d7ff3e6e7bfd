package dev.whetstone.gateway.training;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.testing.OwnHome;
import dev.whetstone.testing.TablesOwner;
import dev.whetstone.training.RunStatus;
import dev.whetstone.training.TrainingRunStore;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.specification.RequestSpecification;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Training runs over HTTP, without a trainer: a run stays queued until a test begins it. */
@QuarkusTest
@Tag("own")
@TestProfile(OwnHome.class)
class RunsTest extends ReadyGateway {
  private static final ChangeContext TRAINER = new ChangeContext("trainer", "a test");

  @AfterEach
  void endTheActiveRun() {
    runs().active().ifPresent(run -> runs().finish(run.id(), RunStatus.FAILED, TRAINER));
  }

  @Test
  void aRunIsQueuedOnceAndReturnedWhileItIsActive() {
    String id =
        as("trainer")
            .body("{\"config\": {\"epochs\": 2}, \"reason\": \"enough votes\"}")
            .post("/training/runs")
            .then()
            .statusCode(202)
            .body("status", equalTo("queued"))
            .body("policy", nullValue())
            .body("metrics", notNullValue())
            .body("config.epochs", equalTo(2))
            .extract()
            .path("id");

    as("operator").body("{}").post("/training/runs").then().statusCode(200).body("id", equalTo(id));
    as("operator")
        .body("{\"config\": {\"epochs\": 3}}")
        .post("/training/runs")
        .then()
        .statusCode(409)
        .body("code", equalTo("run_active"));
    as("operator").get("/training/runs/" + id).then().statusCode(200).body("id", equalTo(id));
    as("operator").get("/training/runs").then().body("items.id", hasItem(id));
    as("operator")
        .get("/audit")
        .then()
        .body("items.findAll { it.action == 'train' }.subject", hasItem(id));
  }

  @Test
  void invalidRunsAreRefused() {
    for (String body :
        new String[] {
          "{\"config\": []}",
          "{\"config\": \"epochs\"}",
          "{\"config\": {\"batch_size\": 0}}",
          "{\"config\": {\"no_such_setting\": 1}}",
          "{\"reason\": 7}",
          "[]"
        }) {
      as("trainer").body(body).post("/training/runs").then().statusCode(400);
    }
    String tooMuch = "{\"config\": {\"loss_type\": \"" + "x".repeat(5_000) + "\"}}";
    as("trainer")
        .body(tooMuch)
        .post("/training/runs")
        .then()
        .statusCode(400)
        .body("field", equalTo("config"));
    for (String path : new String[] {"run_none", "run_none/events"}) {
      as("operator")
          .get("/training/runs/" + path)
          .then()
          .statusCode(404)
          .body("code", equalTo("unknown_run"));
    }
    as("operator").delete("/training/runs/run_none").then().statusCode(404);
    assertThat(runs().active()).isEmpty();
  }

  @Test
  void chatAndRaterKeysAreForbidden() {
    for (String role : new String[] {"chat", "rater"}) {
      as(role).body("{}").post("/training/runs").then().statusCode(403);
      as(role).get("/training/runs").then().statusCode(403);
      as(role).delete("/training/runs/run_none").then().statusCode(403);
    }
    given().get("/training/runs").then().statusCode(401);
  }

  @Test
  void aQueuedRunIsCancelledAtOnceAndARunningOneAfterItsStep() {
    String queued = start();
    as("trainer")
        .delete("/training/runs/" + queued)
        .then()
        .statusCode(200)
        .body("status", equalTo("cancelled"));
    as("trainer")
        .delete("/training/runs/" + queued)
        .then()
        .statusCode(200)
        .body("status", equalTo("cancelled"));

    String running = start();
    runs().begin(running);
    as("operator")
        .delete("/training/runs/" + running + "?reason=the wrong votes")
        .then()
        .statusCode(200)
        .body("status", equalTo("running"))
        .body("cancel_requested", equalTo(true));
    as("operator")
        .get("/audit?action=cancel run")
        .then()
        .body("items[0].subject", equalTo(running))
        .body("items[0].detail.reason", equalTo("the wrong votes"));
    assertThat(runs().reports().recordProgress(running, 1, "{}")).isTrue();
  }

  @Test
  void aFollowerSeesEveryStepAndTheEnd() throws Exception {
    String id = start();
    CompletableFuture<String> followed =
        CompletableFuture.supplyAsync(
            () -> as("trainer").get("/training/runs/" + id + "/events").asString());
    runs().begin(id);
    for (int step = 1; step <= 3; step++) {
      runs().reports().recordProgress(id, step, "{\"loss\": 0." + step + "}");
      Thread.sleep(200);
    }
    runs().finish(id, RunStatus.FAILED, TRAINER);

    String events = followed.get(10, TimeUnit.SECONDS);

    assertThat(events).containsSubsequence("\"step\":1", "\"step\":2", "\"step\":3", "event: done");
    assertThat(events.split("event: step", -1)).hasSize(4);
    assertThat(events).contains("{\"loss\": 0.2}").contains("\"status\":\"failed\"");
  }

  /** A statement that failed used to break the stream off. */
  @Test
  void aFollowerGoesOnWhereAStatementFailed() throws Exception {
    String id = start();
    runs().begin(id);
    runs().reports().recordProgress(id, 1, "{}");
    CompletableFuture<String> followed =
        CompletableFuture.supplyAsync(
            () -> as("trainer").get("/training/runs/" + id + "/events").asString());
    Thread.sleep(500);
    TablesOwner.update(runs().database(), "ALTER TABLE run_progress RENAME TO run_progress_away");
    Thread.sleep(800);
    TablesOwner.update(runs().database(), "ALTER TABLE run_progress_away RENAME TO run_progress");
    runs().reports().recordProgress(id, 2, "{}");
    runs().finish(id, RunStatus.FAILED, TRAINER);

    String events = followed.get(10, TimeUnit.SECONDS);

    assertThat(events.split("event: step", -1)).hasSize(3);
    assertThat(events).contains("event: done");
  }

  private String start() {
    return as("trainer")
        .body("{}")
        .post("/training/runs")
        .then()
        .statusCode(202)
        .extract()
        .path("id");
  }

  private TrainingRunStore runs() {
    return serving.model().runs();
  }

  private static RequestSpecification as(String role) {
    return given()
        .header("Authorization", "Bearer " + OwnHome.key(role))
        .contentType("application/json");
  }
}
