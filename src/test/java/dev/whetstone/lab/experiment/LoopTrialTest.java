package dev.whetstone.lab.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.lab.Taste;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoopTrialTest {
  @Test
  void decisionsAreCountedByWhoMadeThem() throws Exception {
    JsonNode rollouts =
        new ObjectMapper()
            .readTree(
                """
                [{"status": "promoted", "duel": {"wins": 30, "losses": 10}},
                 {"status": "rolled_back", "duel": {"wins": 30, "losses": 10}},
                 {"status": "rejected", "duel": {"wins": 0, "losses": 0}},
                 {"status": "rejected", "duel": {"wins": 4, "losses": 20}},
                 {"status": "inconclusive", "duel": {"wins": 9, "losses": 9}},
                 {"status": "duelling", "duel": {"wins": 1, "losses": 2}}]
                """);

    Map<String, Double> counts = LoopTrial.decisions(rollouts);

    assertThat(counts)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("promoted", 2.0, "refused", 1.0, "lost", 2.0, "rolled_back", 1.0));
    assertThat(LoopTrial.decisions(List.of()))
        .hasSize(4)
        .allSatisfy((_, n) -> assertThat(n).isZero());
  }

  @Test
  void theTasteOfTheDayTurnsAfterAPhaseAndTurnsBack() {
    DriftExperiment drift = new DriftExperiment(200, 2, List.of(), List.of(), 1);

    assertThat(List.of(1, 200, 401, 600)).allMatch(votes -> drift.taste(votes) == Taste.SENTIMENT);
    assertThat(List.of(201, 400)).noneMatch(votes -> drift.taste(votes) == Taste.SENTIMENT);
    assertThat(drift.taste(300).choose("a lovely film", "an awful film")).isEqualTo("b");
  }
}
