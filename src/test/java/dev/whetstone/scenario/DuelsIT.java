package dev.whetstone.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.testing.DuelStory;
import dev.whetstone.testing.StorySettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A trained candidate passes the gate and then is aborted by guard-rails. */
class DuelsIT extends DuelStory {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Override
  protected Map<String, String> settings() {
    Map<String, String> settings = StorySettings.lettingBadCandidatesDuel();
    settings.put("WHETSTONE_ROLLOUT_DUEL_MAX_LENGTH_RATIO", "1.25");
    return settings;
  }

  @Test
  void longAnswersTakeACandidateBack() throws Exception {
    voters.prefer((a, b) -> shorter(b, a));
    String run = trainOnVotes();
    voters.prefer((a, b) -> "tie");

    JsonNode rollout = awaitRolloutEnd(run);

    assertThat(rollout.path("status").asText()).as(rollout.toString()).isEqualTo("aborted");
    assertThat(rollout.path("reason").asText())
        .containsAnyOf("unended_completions", "length_ratio");
    assertThat(tokens(rollout, "candidate")).isGreaterThan(tokens(rollout, "champion"));
    assertOnlyV0Serves(rollout, "rejected");
  }

  @Test
  void shortAnswersTakeACandidateBack() throws Exception {
    voters.prefer(DuelsIT::shorter);
    String run = trainOnVotes();
    voters.prefer((a, b) -> "tie");

    JsonNode rollout = awaitRolloutEnd(run);

    assertThat(rollout.path("status").asText()).as(rollout.toString()).isEqualTo("aborted");
    assertThat(rollout.path("reason").asText()).contains("length_ratio");
    assertThat(tokens(rollout, "candidate")).isLessThan(tokens(rollout, "champion"));
    assertOnlyV0Serves(rollout, "rejected");
    assertRunsPairsAreADownload(run);
    assertMetrics();
  }

  // The counts are read every few seconds, and an ending is shown from the scrape after its first.
  private void assertMetrics() {
    Pattern ended =
        Pattern.compile(
            "whetstone_rollouts_ended_total\\{cause=\"[a-z_]+\",status=\"aborted\"} [1-9]");
    String metrics =
        await("an ended rollout")
            .atMost(Duration.ofSeconds(30))
            .until(
                () -> gateway.getText("operator", "/q/metrics"),
                shown -> ended.matcher(shown).find());
    assertThat(metrics)
        .containsPattern("(?m)^whetstone_duel_threshold 0\\.0$")
        .containsPattern("(?m)^whetstone_champion_promotions_total [0-9]");
  }

  private void assertRunsPairsAreADownload(String run) throws Exception {
    JsonNode ended = gateway.get("operator", "/training/runs/" + run);
    List<String> parts = new ArrayList<>();
    for (String line :
        gateway.getText("operator", "/training/runs/" + run + "/pairs").lines().toList()) {
      JsonNode pair = JSON.readTree(line);
      parts.add(pair.path("part").asText());
      assertThat(pair.path("weight").asDouble()).isPositive();
      for (String ids : List.of("prompt_ids", "chosen_ids", "rejected_ids")) {
        assertThat(pair.path(ids)).as(line).isNotEmpty();
      }
    }
    assertThat(Collections.frequency(parts, "train")).isEqualTo(ended.path("pairs").asInt());
    assertThat(Collections.frequency(parts, "select")).isEqualTo(ended.path("held_out").asInt());
    assertThat(parts).containsOnly("train", "select");
  }

  /** Mean tokens of an answer. */
  private static double tokens(JsonNode rollout, String side) {
    JsonNode figures = rollout.path("duel").path(side);
    return figures.path("tokens").asDouble() / figures.path("completions").asDouble();
  }

  static String shorter(String a, String b) {
    int difference = a.length() - b.length();
    return difference < -5 ? "a" : difference > 5 ? "b" : "tie";
  }
}
