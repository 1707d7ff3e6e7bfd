package dev.whetstone.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.lab.LabGateway;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Base of tests in which a gateway and a trainer process turn a candidate down. */
public abstract class DuelStory {
  public static final int VOTES = 150;
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration PAUSE_IN_DUEL = Duration.ofMillis(100);

  public LabGateway gateway;
  public Voters voters;

  /** Settings of the gateway. */
  protected abstract Map<String, String> settings();

  // A gateway each: votes add up, so that those of one test would be evidence in the next.
  @BeforeEach
  void start(@TempDir Path home) throws Exception {
    gateway = LabGateway.start(LabGateway.command(), home, settings());
    voters = new Voters(() -> gateway);
  }

  @AfterEach
  void stop() {
    voters.close();
    gateway.close();
    assertThat(voters.unexpected()).isEmpty();
  }

  /** Trains on the voters' choices and awaits the run's end. They pause between votes meanwhile. */
  public String trainOnVotes() throws Exception {
    voters.awaitDecided(VOTES);
    voters.setPause(PAUSE_IN_DUEL);
    String run = gateway.postForJson("trainer", "/training/runs", Map.of()).path("id").asText();
    awaitSuccess(run);
    voters.setPause(Duration.ZERO);
    return run;
  }

  private void awaitSuccess(String run) throws Exception {
    Instant limit = Instant.now().plus(LIMIT);
    while (true) {
      JsonNode now = gateway.get("operator", "/training/runs/" + run);
      if (now.path("status").asText().equals("succeeded")) {
        return;
      }
      assertThat(now.path("status").asText()).as(now.toString()).isIn("queued", "running");
      assertThat(Instant.now()).as(now.toString()).isBefore(limit);
      Thread.sleep(50);
    }
  }

  /** Waits for the end of a run's rollout, and returns the rollout. */
  public JsonNode awaitRolloutEnd(String run) throws Exception {
    Instant limit = Instant.now().plus(LIMIT);
    while (true) {
      JsonNode newest = gateway.get("operator", "/rollouts?limit=1").at("/items/0");
      boolean ofRun = newest.path("run_id").asText("").equals(run);
      if (ofRun && !newest.path("ended_at").isNull()) {
        return newest;
      }
      assertThat(Instant.now()).as(newest.toString()).isBefore(limit);
      Thread.sleep(100);
    }
  }

  public void assertOnlyV0Serves(JsonNode rollout, String status) throws Exception {
    JsonNode policies = gateway.get("operator", "/policies").path("items");
    for (JsonNode policy : policies) {
      String aliases = policy.path("aliases").toString();
      assertThat(aliases).doesNotContain("candidate");
      assertThat(aliases.contains("champion"))
          .isEqualTo(policy.path("version").asText().equals("v0"));
      if (policy.path("version").equals(rollout.path("policy"))) {
        assertThat(policy.path("status").asText()).isEqualTo(status);
      }
    }
  }
}
