package dev.whetstone.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.settings.InvalidSettingException;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScenariosTest {
  @Test
  void namesAreDistinctAndFound() {
    List<String> names = Scenarios.ALL.stream().map(Scenario::name).toList();

    assertThat(names).doesNotHaveDuplicates();
    assertThat(names).allMatch(name -> Scenarios.named(name).name().equals(name));
  }

  @Test
  void anUnknownNameListsTheOthers() {
    assertThatThrownBy(() -> Scenarios.named("cleen"))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("clean, flips20");
  }

  @Test
  void onlyTheModelAndTheUndoWindowDifferFromTheDefaults() {
    assertThat(Scenarios.ALL)
        .allMatch(
            scenario ->
                Set.of("WHETSTONE_MODEL", "WHETSTONE_PREFERENCE_UNDO_WINDOW")
                    .containsAll(scenario.settings().keySet()));
  }

  @Test
  void theRealModelIsMeasuredOnQuestionsThatNobodyVotedOn() throws IOException {
    List<String> voted = RealScenario.lines("questions.txt");
    List<String> fresh = RealScenario.lines("new-questions.txt");

    assertThat(new HashSet<>(fresh)).hasSize(100).doesNotContainAnyElementsOf(voted);
    assertThat(voted).hasSizeGreaterThan(80).doesNotHaveDuplicates();
    assertThat(RealScenario.lines("held-out.txt")).hasSize(8);
  }
}
