package dev.whetstone.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.demo.SentimentScore;
import dev.whetstone.testing.DuelStory;
import dev.whetstone.testing.LoopSettings;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What votes taught and the gate let through is turned down by later votes. */
class LaterVotesIT extends DuelStory {
  @Override
  protected Map<String, String> settings() {
    Map<String, String> settings = LoopSettings.openGate();
    // praise runs long, and guard-rails that see it would come before the votes
    settings.put("WHETSTONE_ROLLOUT_DUEL_MIN_COMPLETIONS", "1000000");
    return settings;
  }

  @Test
  void laterVotesRejectACandidate() throws Exception {
    String run = train();
    voters.prefer((a, b) -> SentimentScore.choice(b, a));

    JsonNode rollout = ended(run);

    assertThat(rollout.path("status").asText()).as(rollout.toString()).isEqualTo("rejected");
    assertThat(rollout.at("/duel/losses").asInt()).isGreaterThan(rollout.at("/duel/wins").asInt());
    assertThat(rollout.at("/duel/evidence").asDouble()).isGreaterThanOrEqualTo(20);
    v0ServesAlone(rollout, "rejected");
  }
}
