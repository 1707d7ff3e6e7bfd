package dev.whetstone.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.lab.SentimentScore;
import dev.whetstone.testing.DuelStory;
import dev.whetstone.testing.StorySettings;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A trained candidate passes the gate and then loses the duel to opposite votes. */
class LaterVotesIT extends DuelStory {
  @Override
  protected Map<String, String> settings() {
    Map<String, String> settings = StorySettings.lettingBadCandidatesDuel();
    // answers with praise are longer, so the length guard-rail would end the duel before the votes
    // do
    settings.put("WHETSTONE_ROLLOUT_DUEL_MIN_COMPLETIONS", "1000000");
    return settings;
  }

  @Test
  void laterVotesEndTheDuel() throws Exception {
    String run = trainOnVotes();
    voters.prefer((a, b) -> SentimentScore.choice(b, a));

    JsonNode rollout = awaitRolloutEnd(run);

    assertThat(rollout.path("status").asText()).as(rollout.toString()).isEqualTo("inconclusive");
    assertThat(rollout.at("/duel/losses").asInt()).isGreaterThan(rollout.at("/duel/wins").asInt());
    assertThat(rollout.at("/duel/futility").asDouble()).isGreaterThanOrEqualTo(10);
    assertOnlyV0Serves(rollout, "held");
  }
}
