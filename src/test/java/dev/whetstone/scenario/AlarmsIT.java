package dev.whetstone.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.lab.LabGateway;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.testing.LeaningAdapter;
import dev.whetstone.testing.StorySettings;
import dev.whetstone.testing.TestModels;
import dev.whetstone.testing.Voters;
import dev.whetstone.weights.ModelDirectory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Candidates whose answers are bad while users chat: the gateway aborts the duel of each. The
 * gate's default settings would refuse such candidates; this gate requires little more than that
 * voters prefer short answers.
 */
class AlarmsIT {
  private static final int VOTES = 80;
  private static final float END_IMMEDIATELY = 10;
  private static final float END_SOMETIMES = 0.02f;
  private static final float NEVER_END = -0.2f;
  private static final int ASKED = 20;
  private static final int MAX_TOKENS = 200;
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String PROMPT = "How was the film?";

  @TempDir Path home;

  @Test
  void emptySlowAndFailedAnswersTakeACandidateBack() throws Exception {
    Duration longest;
    try (LabGateway gateway = start(Map.of())) {
      vote(gateway);
      JsonNode rollout = rolledBack(gateway, leaning(END_IMMEDIATELY, 1), "aborted");

      assertThat(rollout.path("reason").asText()).contains("empty_completions");
      assertThat(rollout.at("/duel/candidate/empty").asInt())
          .isGreaterThan(rollout.at("/duel/champion/empty").asInt());

      JsonNode slow = rolledBack(gateway, leaning(END_SOMETIMES, 512), "inconclusive");

      assertThat(slow.path("reason").asText()).contains("latency_ratio");
      assertThat(slow.at("/duel/alone/completions").asInt()).isGreaterThanOrEqualTo(20);
      longest = medianAnswer(gateway).multipliedBy(3);
    }
    // an answer that does not end fails at the time limit of its request
    try (LabGateway gateway =
        start(Map.of("WHETSTONE_GATEWAY_REQUEST_TIMEOUT", longest.toString()))) {
      JsonNode rollout = rolledBack(gateway, leaning(NEVER_END, 1), "aborted");

      assertThat(rollout.path("reason").asText()).contains("error_rate");
      assertThat(rollout.at("/duel/candidate/errors").asInt())
          .isGreaterThan(rollout.at("/duel/champion/errors").asInt());
    }
  }

  private LabGateway start(Map<String, String> more) throws Exception {
    Map<String, String> settings = StorySettings.lettingBadCandidatesDuel();
    settings.put("WHETSTONE_TRAINER_START", "false");
    settings.put("WHETSTONE_ROLLOUT_DUEL_MIN_PACES", "20");
    settings.putAll(more);
    return LabGateway.start(LabGateway.command(), home, settings);
  }

  private static void vote(LabGateway gateway) throws Exception {
    try (Voters voters = new Voters(() -> gateway)) {
      voters.prefer(DuelsIT::shorter);
      voters.awaitDecided(VOTES);
      assertThat(voters.unexpected()).isEmpty();
    }
  }

  /** An adapter that makes the end of an answer more or less probable. */
  private static LoraAdapter leaning(float strength, int rank) throws Exception {
    ModelDirectory tiny = TestModels.tiny();
    return LeaningAdapter.to(tiny, tiny.config().eosIds().iterator().next(), strength, rank);
  }

  /** Imports an adapter, chats until its rollout is aborted, and returns the rollout. */
  private JsonNode rolledBack(LabGateway gateway, LoraAdapter adapter, String status)
      throws Exception {
    String version = TwoGatewaysIT.imported(gateway, adapter, home);
    String rollout =
        gateway
            .postForJson("operator", "/rollouts", Map.of("policy", version, "share", 0.5))
            .path("id")
            .asText();
    Instant limit = Instant.now().plus(LIMIT);
    JsonNode now = gateway.get("operator", "/rollouts/" + rollout);
    while (now.path("ended_at").isNull()) {
      assertThat(Instant.now()).as(now.toString()).isBefore(limit);
      gateway.post("chat", "/generate", request(true));
      now = gateway.get("operator", "/rollouts/" + rollout);
    }
    assertThat(now.path("status").asText()).as(now.toString()).isEqualTo(status);
    assertThat(gateway.get("operator", "/policies/champion").path("version").asText())
        .isEqualTo("v0");
    assertThat(gateway.get("operator", "/policies/" + version).path("status").asText())
        .isEqualTo(status.equals("aborted") ? "rejected" : "held");
    return now;
  }

  private static Map<String, Object> request(boolean pair) {
    return Map.of(
        "messages",
        List.of(Map.of("role", "user", "content", PROMPT)),
        "pair",
        pair,
        "max_tokens",
        MAX_TOKENS);
  }

  private static Duration medianAnswer(LabGateway gateway) throws Exception {
    long[] nanos = new long[ASKED];
    for (int i = 0; i < ASKED; i++) {
      JsonNode timings = gateway.postForJson("chat", "/generate", request(false)).path("timings");
      nanos[i] =
          (long)
              (1e6
                  * (timings.path("queued_ms").asDouble()
                      + timings.path("prefill_ms").asDouble()
                      + timings.path("decode_ms").asDouble()));
    }
    return Duration.ofNanos(
        IntStream.range(0, ASKED)
            .mapToLong(i -> nanos[i])
            .sorted()
            .skip(ASKED / 2)
            .findFirst()
            .orElseThrow());
  }
}
