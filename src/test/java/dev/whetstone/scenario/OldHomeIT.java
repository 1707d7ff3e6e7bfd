package dev.whetstone.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.io.Sha256;
import dev.whetstone.lab.LabGateway;
import dev.whetstone.testing.OldHome;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A home that version 0.1.0 wrote is served, and its interrupted run goes on. */
class OldHomeIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What 0.1.0 called the states of a rollout that have other names since. */
  private static final Map<String, String> STATUSES =
      Map.of(
          "waiting", "awaiting_approval",
          "held", "inconclusive",
          "rolled_back", "aborted",
          "cancelled", "aborted");

  /** The run was cancelled at step 5 of 300; its checkpoint is in the home. */
  private static final String RESUME =
      "UPDATE training_runs SET status = 'running', cancel_requested = false, finished_at = NULL,"
          + " reason = NULL WHERE status = 'cancelled'";

  @TempDir Path home;

  @Test
  void everythingThatWasKeptIsServed() throws Exception {
    OldHome.restore(home);
    try (LabGateway gateway = start("false")) {
      assertKept(
          gateway.get("operator", "/policies?limit=1000").path("items"),
          expected("policies").path("items"));
      assertKept(gateway.get("operator", "/training/runs?limit=1000"), expected("training-runs"));
      assertRolloutsKept(gateway);
      assertKept(gateway.get("operator", "/preferences?limit=1000"), expected("preferences"));
      assertKept(withoutSignIn(gateway.get("operator", "/audit?limit=1000")), expected("audit"));
      assertKept(withoutDefault(gateway.get("operator", "/v1/models")), expected("v1-models"));
      assertKept(
          withoutUse(gateway.get("operator", "/keys?limit=1000")), withoutUse(expected("keys")));
      assertClose(gateway.get("operator", "/preferences/summary"), expected("preferences-summary"));
      exportsAreEqual(gateway);
      keysOpenUnlessTheyWereRevoked(gateway);
      versionsAnswer(gateway);
      aRollbackAndAVoteStillWork(gateway);
    }
  }

  @Test
  void aRunGoesOnFromItsCheckpoint() throws Exception {
    OldHome.restore(home, RESUME);
    try (LabGateway gateway = start("true")) {
      JsonNode run = runningFrom(gateway);
      String path = "/training/runs/" + run.path("id").asText();
      await()
          .atMost(Duration.ofMinutes(2))
          .until(
              () -> {
                JsonNode now = gateway.get("trainer", path);
                assertThat(now.path("status").asText()).as(now.toString()).isEqualTo("running");
                return now;
              },
              now -> now.at("/metrics/step").asInt() > 5);
    }
    assertThat(Files.readString(home.resolve("gateway.log"))).doesNotContain("another run");
  }

  private static JsonNode runningFrom(LabGateway gateway) throws Exception {
    for (JsonNode run : gateway.get("trainer", "/training/runs?limit=10").path("items")) {
      if (run.path("status").asText().equals("running")) {
        return run;
      }
    }
    throw new AssertionError("no run is under way");
  }

  private LabGateway start(String trainer) throws IOException, InterruptedException {
    return LabGateway.start(
        LabGateway.command(),
        home,
        Map.of(
            "WHETSTONE_MODEL",
            "tiny-reviews",
            "WHETSTONE_TRAINER_START",
            trainer,
            "WHETSTONE_TRAINER_POLL",
            "PT0.3S"));
  }

  private static void exportsAreEqual(LabGateway gateway) throws Exception {
    for (var export : expected("hashes").properties()) {
      byte[] body = bytes(gateway, export.getValue().path("path").asText());
      if (export.getKey().endsWith("adapter_config.json")) {
        // it names the base by its path since, so that PEFT finds it
        assertThat(JSON.readTree(body).path("r").asInt()).as(export.getKey()).isPositive();
        continue;
      }
      assertThat(body).as(export.getKey()).hasSize(export.getValue().path("bytes").asInt());
      assertThat(Sha256.of(body))
          .as(export.getKey())
          .isEqualTo(export.getValue().path("sha256").asText());
    }
  }

  private static void keysOpenUnlessTheyWereRevoked(LabGateway gateway) throws Exception {
    for (var key : expected("key-secrets").properties()) {
      String secret = key.getValue().path("key").asText();
      int status = response(gateway, "/v1/models", secret, BodyHandlers.discarding()).statusCode();
      boolean revoked = key.getValue().path("revoked").asBoolean();
      String role = key.getValue().path("role").asText();
      int open = List.of("chat", "operator").contains(role) ? 200 : 403;
      assertThat(status).as(key.getKey()).isEqualTo(revoked ? 401 : open);
    }
  }

  /** Texts depend on the processor; what an alias means, and nearly what a score is, do not. */
  private static void versionsAnswer(LabGateway gateway) throws Exception {
    for (JsonNode asked : expected("generate")) {
      ObjectNode request = (ObjectNode) asked.path("request");
      JsonNode answer = gateway.postForJson("operator", "/generate", request);
      String version = asked.at("/response/policy").asText();
      JsonNode named =
          gateway.postForJson("operator", "/generate", request.deepCopy().put("policy", version));
      assertThat(answer.path("policy").asText()).isEqualTo(version);
      assertThat(answer.path("completion")).isEqualTo(named.path("completion"));
      assertThat(answer.at("/usage/prompt_tokens"))
          .isEqualTo(asked.at("/response/usage/prompt_tokens"));
    }
    for (JsonNode asked : expected("score")) {
      JsonNode score = gateway.postForJson("operator", "/score", asked.path("request"));
      JsonNode before = asked.path("response");
      for (String exact : List.of("policy", "prompt_ids", "completion_ids")) {
        assertThat(score.path(exact)).isEqualTo(before.path(exact));
      }
      assertThat(score.path("logp").asDouble())
          .isCloseTo(before.path("logp").asDouble(), within(0.2));
      assertThat(score.path("reward").asDouble())
          .isCloseTo(before.path("reward").asDouble(), within(0.01));
    }
  }

  private static void aRollbackAndAVoteStillWork(LabGateway gateway) throws Exception {
    JsonNode pair =
        gateway.postForJson("chat", "/generate", Map.of("prompt", "The film was", "pair", true));
    gateway.postForJson(
        "chat", "/preferences", Map.of("pair_id", pair.path("pair_id").asText(), "choice", "tie"));
    gateway.postForJson("operator", "/rollback", Map.of("reason", "a test"));
    assertThat(gateway.get("operator", "/policies/champion").path("version").asText())
        .isEqualTo("v0");
  }

  private static JsonNode expected(String name) throws IOException {
    return JSON.readTree(OldHome.FIXTURE.resolve("expected/" + name + ".json").toFile());
  }

  /** E-values are computed by today's formula from the votes that were counted. */
  private static void assertRolloutsKept(LabGateway gateway) throws Exception {
    JsonNode before = renamed(expected("rollouts"));
    for (JsonNode rollout : before.path("items")) {
      if (rollout.path("duel") instanceof ObjectNode duel) {
        duel.remove("evidence");
      }
    }
    assertKept(gateway.get("operator", "/rollouts?limit=1000"), before);
  }

  private static JsonNode renamed(JsonNode rollouts) {
    for (JsonNode rollout : rollouts.path("items")) {
      rename((ObjectNode) rollout, "status");
      rollout.path("decisions").forEach(step -> rename((ObjectNode) step, "decision"));
    }
    return rollouts;
  }

  private static void rename(ObjectNode node, String field) {
    String status = node.path(field).asText();
    node.put(field, STATUSES.getOrDefault(status, status));
  }

  /** The audit log without the link that this start made for its owner's browser. */
  private static JsonNode withoutSignIn(JsonNode audit) {
    Iterator<JsonNode> rows = audit.path("items").iterator();
    while (rows.hasNext()) {
      if (rows.next().path("action").asText().equals("sign-in link made")) {
        rows.remove();
      }
    }
    return audit;
  }

  private static JsonNode withoutUse(JsonNode keys) {
    keys.path("items").forEach(key -> ((ObjectNode) key).remove("last_used_at"));
    return keys;
  }

  /** Without the name that is routed, which clients list first since there is one. */
  private static JsonNode withoutDefault(JsonNode models) {
    assertThat(models.at("/data/0/id").asText()).isEqualTo("default");
    ((ArrayNode) models.path("data")).remove(0);
    return models;
  }

  /** Everything is as it was; fields may have been added since. */
  private static void assertKept(JsonNode now, JsonNode before) {
    assertThat(withoutAdded(now, before)).isEqualTo(before);
  }

  private static JsonNode withoutAdded(JsonNode now, JsonNode before) {
    if (now instanceof ObjectNode fields && before.isObject()) {
      ObjectNode kept = JSON.createObjectNode();
      before
          .fieldNames()
          .forEachRemaining(
              name -> {
                if (fields.has(name)) {
                  kept.set(name, withoutAdded(fields.path(name), before.path(name)));
                }
              });
      return kept;
    }
    if (now.isArray() && before.isArray()) {
      ArrayNode kept = JSON.createArrayNode();
      for (int i = 0; i < now.size(); i++) {
        kept.add(withoutAdded(now.path(i), before.path(i)));
      }
      return kept;
    }
    return now;
  }

  private static void assertClose(JsonNode now, JsonNode before) {
    RecursiveComparisonConfiguration closely = new RecursiveComparisonConfiguration();
    closely.registerEqualsForType((a, b) -> Math.abs(a - b) < 1e-6, Double.class);
    assertThat(JSON.convertValue(withoutAdded(now, before), Object.class))
        .usingRecursiveComparison(closely)
        .isEqualTo(JSON.convertValue(before, Object.class));
  }

  private static byte[] bytes(LabGateway gateway, String path) throws Exception {
    return response(gateway, path, gateway.key("operator"), BodyHandlers.ofByteArray()).body();
  }

  private static <T> HttpResponse<T> response(
      LabGateway gateway, String path, String key, BodyHandler<T> handler) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + path))
              .header("Authorization", "Bearer " + key)
              .build(),
          handler);
    }
  }
}
