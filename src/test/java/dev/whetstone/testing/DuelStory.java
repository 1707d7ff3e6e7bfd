package dev.whetstone.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.lab.LabGateway;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Base of tests in which a gateway and a trainer process turn a candidate down. */
public abstract class DuelStory {
  public static final int VOTES = 150;
  private static final Duration LIMIT = Duration.ofMinutes(4);
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

  private void awaitSuccess(String run) {
    JsonNode ended =
        await("run " + run)
            .atMost(LIMIT)
            .until(
                () -> gateway.get("operator", "/training/runs/" + run),
                now -> !Set.of("queued", "running").contains(now.path("status").asText()));
    assertThat(ended.path("status").asText()).as(ended.toString()).isEqualTo("succeeded");
  }

  /** Waits for the end of a run's rollout, and returns the rollout. */
  public JsonNode awaitRolloutEnd(String run) {
    return await("rollout of run " + run)
        .atMost(LIMIT)
        .until(
            () -> gateway.get("operator", "/rollouts?limit=1").at("/items/0"),
            newest ->
                newest.path("run_id").asText("").equals(run) && !newest.path("ended_at").isNull());
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
