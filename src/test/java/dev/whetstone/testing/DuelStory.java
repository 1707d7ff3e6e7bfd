package dev.whetstone.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.demo.DemoGateway;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Candidates that do not become champion, by a gateway's and a trainer's process. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class DuelStory {
  public static final int VOTES = 150;
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration DUEL_PACE = Duration.ofMillis(100);

  public DemoGateway gateway;
  public Voters voters;

  /** What the gateway is started with. */
  protected abstract Map<String, String> settings();

  @BeforeAll
  void start(@TempDir Path home) throws Exception {
    gateway = DemoGateway.start(DemoGateway.command(), home, settings());
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  @BeforeEach
  void open() {
    voters = new Voters(() -> gateway);
  }

  @AfterEach
  void backToV0() throws Exception {
    voters.close();
    assertThat(voters.broken()).isEmpty();
    gateway.postForJson("operator", "/rollback", Map.of("to", "v0", "reason", "the test is over"));
  }

  /** A run on what the voters think, up to its end; their duel then goes on slowly. */
  public String train() throws Exception {
    voters.awaitDecided(VOTES);
    voters.pace(DUEL_PACE);
    String run = gateway.postForJson("trainer", "/training/runs", Map.of()).path("id").asText();
    await(run, "succeeded");
    voters.pace(Duration.ZERO);
    return run;
  }

  private void await(String run, String status) throws Exception {
    await(run, now -> now.path("status").asText().equals(status));
  }

  /** Until the run has read its votes, on top of the version it then goes on from. */
  public void awaitParent(String run) throws Exception {
    await(run, now -> now.path("parent").isTextual());
  }

  private void await(String run, Predicate<JsonNode> reached) throws Exception {
    Instant limit = Instant.now().plus(LIMIT);
    while (true) {
      JsonNode now = gateway.get("operator", "/training/runs/" + run);
      if (reached.test(now)) {
        return;
      }
      assertThat(now.path("status").asText()).as(now.toString()).isIn("queued", "running");
      assertThat(Instant.now()).as(now.toString()).isBefore(limit);
      Thread.sleep(50);
    }
  }

  /** A run's rollout, once it is over. */
  public JsonNode ended(String run) throws Exception {
    Instant limit = Instant.now().plus(LIMIT);
    while (true) {
      JsonNode newest = gateway.get("operator", "/rollouts?limit=1").at("/items/0");
      boolean its = newest.path("run_id").asText("").equals(run);
      if (its && !newest.path("ended_at").isNull()) {
        return newest;
      }
      assertThat(Instant.now()).as(newest.toString()).isBefore(limit);
      Thread.sleep(100);
    }
  }

  public void v0ServesAlone(JsonNode rollout, String standing) throws Exception {
    JsonNode policies = gateway.get("operator", "/policies").path("items");
    for (JsonNode policy : policies) {
      String aliases = policy.path("aliases").toString();
      assertThat(aliases).doesNotContain("candidate");
      assertThat(aliases.contains("champion"))
          .isEqualTo(policy.path("version").asText().equals("v0"));
      if (policy.path("version").equals(rollout.path("policy"))) {
        assertThat(policy.path("status").asText()).isEqualTo(standing);
      }
    }
  }
}
