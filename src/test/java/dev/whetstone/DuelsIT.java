package dev.whetstone;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Candidates that do not become champion, by a gateway's and a trainer's process: what votes taught
 * and the gate let through is turned down by later votes, by guard-rails, or by what became of its
 * parent.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DuelsIT {
  private static final int VOTES = 150;
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration DUEL_PACE = Duration.ofMillis(100);

  private LocalGateway gateway;
  private Voters voters;

  @BeforeAll
  void start(@TempDir Path home) throws Exception {
    Map<String, String> settings = LoopSettings.openGate();
    settings.put("WHETSTONE_ROLLOUT_DUEL_LENGTH", "1.25");
    gateway = LocalGateway.start(LocalGateway.command(), home, settings);
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
    gateway.posted("operator", "/rollback", Map.of("to", "v0", "reason", "the test is over"));
  }

  @Test
  void laterVotesRejectACandidate() throws Exception {
    String run = train();
    voters.prefer((a, b) -> Praise.choice(b, a));

    JsonNode rollout = ended(run);

    assertThat(rollout.path("status").asText()).as(rollout.toString()).isEqualTo("rejected");
    assertThat(rollout.at("/duel/losses").asInt()).isGreaterThan(rollout.at("/duel/wins").asInt());
    assertThat(rollout.at("/duel/evidence").asDouble()).isGreaterThanOrEqualTo(20);
    v0ServesAlone(rollout, "rejected");
  }

  @Test
  void longAnswersTakeACandidateBack() throws Exception {
    voters.prefer((a, b) -> shorter(b, a));
    String run = train();
    voters.prefer((a, b) -> "tie");

    JsonNode rollout = ended(run);

    assertThat(rollout.path("status").asText()).as(rollout.toString()).isEqualTo("rolled_back");
    assertThat(rollout.path("reason").asText())
        .containsAnyOf("unended_completions", "length_ratio");
    assertThat(rollout.at("/duel/candidate/unended").asInt())
        .isGreaterThan(rollout.at("/duel/champion/unended").asInt());
    v0ServesAlone(rollout, "rejected");
  }

  @Test
  void shortAnswersTakeACandidateBack() throws Exception {
    voters.prefer(DuelsIT::shorter);
    String run = train();
    voters.prefer((a, b) -> "tie");

    JsonNode rollout = ended(run);

    assertThat(rollout.path("status").asText()).as(rollout.toString()).isEqualTo("rolled_back");
    assertThat(rollout.path("reason").asText()).contains("length_ratio");
    v0ServesAlone(rollout, "rejected");
  }

  @Test
  void whatWasTrainedOnTopOfARolledBackVersionIsHeld() throws Exception {
    String parent = gateway.get("operator", "/training/runs/" + train()).path("policy").asText();
    gateway.posted("operator", "/policies/" + parent + "/promote", Map.of());
    voters.prefer(DuelsIT::shorter);
    voters.awaitDecided(VOTES);
    String run = gateway.posted("trainer", "/training/runs", Map.of()).path("id").asText();
    await(run, "running");

    gateway.posted("operator", "/rollback", Map.of("to", "v0", "reason", "it praises too much"));
    JsonNode rollout = ended(run);

    JsonNode ended = gateway.get("operator", "/training/runs/" + run);
    assertThat(ended.path("parent").asText()).isEqualTo(parent);
    assertThat(rollout.path("status").asText()).as(rollout.toString()).isEqualTo("held");
    assertThat(rollout.path("reason").asText())
        .isEqualTo("it was trained on top of " + parent + ", which was rolled back");
    v0ServesAlone(rollout, "held");
  }

  /** A run on what the voters think, up to its end; their duel then goes on slowly. */
  private String train() throws Exception {
    voters.awaitDecided(VOTES);
    voters.pace(DUEL_PACE);
    String run = gateway.posted("trainer", "/training/runs", Map.of()).path("id").asText();
    await(run, "succeeded");
    voters.pace(Duration.ZERO);
    return run;
  }

  private void await(String run, String status) throws Exception {
    Instant limit = Instant.now().plus(LIMIT);
    while (true) {
      JsonNode now = gateway.get("operator", "/training/runs/" + run);
      if (now.path("status").asText().equals(status)) {
        return;
      }
      assertThat(now.path("status").asText()).as(now.toString()).isIn("queued", "running");
      assertThat(Instant.now()).as(now.toString()).isBefore(limit);
      Thread.sleep(50);
    }
  }

  /** A run's rollout, once it is over. */
  private JsonNode ended(String run) throws Exception {
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

  private void v0ServesAlone(JsonNode rollout, String standing) throws Exception {
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

  static String shorter(String a, String b) {
    int difference = a.length() - b.length();
    return difference < -5 ? "a" : difference > 5 ? "b" : "tie";
  }
}
