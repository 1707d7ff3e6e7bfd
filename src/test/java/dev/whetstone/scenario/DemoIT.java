package dev.whetstone.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.Whetstone;
import dev.whetstone.lab.LabGateway;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the demo command, with real processes and votes over HTTP, and checks the data it leaves.
 */
class DemoIT {
  @TempDir Path home;

  @Test
  void theDemoPlaysToItsEndAndLeavesItsData() throws Exception {
    Instant begun = Instant.now();

    int status = Whetstone.commandLine().execute("demo", "--home", home.toString());

    assertThat(status).as(Files.readString(home.resolve("gateway.log"))).isZero();
    assertThat(Duration.between(begun, Instant.now())).isLessThan(Duration.ofMinutes(3));
    checkData();
  }

  private void checkData() throws Exception {
    var settings = Map.of("WHETSTONE_MODEL", "tiny-reviews", "WHETSTONE_TRAINER_START", "false");
    try (LabGateway gateway = LabGateway.start(LabGateway.command(), home, settings)) {
      JsonNode policies = gateway.get("operator", "/policies").path("items");
      assertThat(policies).hasSize(2);
      JsonNode v1 = policies.get(0);
      JsonNode run = gateway.get("operator", "/training/runs").at("/items/0");
      assertThat(v1.path("run_id").asText()).isEqualTo(run.path("id").asText());
      assertThat(v1.path("data_hash").asText()).isEqualTo(run.path("data_hash").asText());
      assertThat(v1.path("rolled_back_at").isNull()).isFalse();
      assertThat(policies.get(1).path("aliases").toString()).contains("champion");
      JsonNode rollout = gateway.get("operator", "/rollouts").at("/items/0");
      assertThat(rollout.path("status").asText()).isEqualTo("rolled_back");
      assertThat(rollout.at("/duel/wins").asInt())
          .isGreaterThan(rollout.at("/duel/losses").asInt());
      assertThat(rollout.at("/decisions").findValuesAsText("decision"))
          .containsExactly("gating", "duelling", "promoted", "rolled_back");
      assertThat(gateway.get("operator", "/audit").path("items").findValuesAsText("action"))
          .contains("train", "run succeeded", "rollout promoted", "promote", "rollback");
      checkEvents(gateway, run.path("id").asText(), run.at("/metrics/step").asInt());
    }
  }

  /** The event stream of an ended run: its steps, then its outcome. */
  private static void checkEvents(LabGateway gateway, String run, int steps) throws Exception {
    String stream = gateway.getText("trainer", "/training/runs/" + run + "/events");
    assertThat(stream.split("event: step", -1)).hasSize(steps + 1);
    String done = stream.substring(stream.indexOf("event: done"));
    JsonNode last = new ObjectMapper().readTree(done.substring(done.indexOf('{')));
    assertThat(last.path("status").asText()).isEqualTo("succeeded");
  }
}
