package dev.whetstone.lab.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.dpo.data.RatedCompletion;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.settings.InvalidSettingException;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelConfig;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExperimentsTest {
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noTwoTrialsMakeTheSameRow(boolean small) {
    for (Experiment experiment : Experiments.all(small)) {
      Set<String> rows = new HashSet<>();
      for (Trial trial : experiment.trials(List.of(1L, 2L))) {
        for (double x : trial.xs()) {
          assertThat(rows.add(trial.arm() + " " + x + " " + trial.seed()))
              .as("%s: %s at %s", experiment.name(), trial.arm(), x)
              .isTrue();
        }
      }
      assertThat(experiment.figures()).extracting(Figure::name).doesNotHaveDuplicates();
    }
  }

  @Test
  void anUnknownNameIsRefused() {
    assertThat(Experiments.named("noise", true).name()).isEqualTo("noise");
    assertThatThrownBy(() -> Experiments.named("luck", false))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("curve, avoid, frontier, ppo, noise, backdoor, drift, length");
  }

  @Test
  void trainingHasEveryThingAndEveryFormButNotTheNewQuestions() {
    assertThat(ReviewBench.QUESTIONS)
        .hasSize(18)
        .doesNotContainAnyElementsOf(ReviewBench.NEW_QUESTIONS);
    assertThat(ReviewBench.NEW_QUESTIONS)
        .hasSize(6)
        .containsOnlyOnce("How was the film?")
        .contains("Please review the meal.");
  }

  @Test
  void moreNoiseFlipsWhatLessNoiseFlippedAndMore() {
    List<TokenPair> pairs =
        IntStream.range(0, 1_000)
            .mapToObj(i -> new TokenPair("p" + i, new int[] {1}, new int[] {2}, new int[] {3}, 1))
            .toList();

    Set<String> few = flippedIds(NoiseExperiment.flipped(pairs, 0.1, 1));
    Set<String> many = flippedIds(NoiseExperiment.flipped(pairs, 0.4, 1));

    assertThat(NoiseExperiment.flipped(pairs, 0, 1)).isEqualTo(pairs);
    assertThat(few.size()).isBetween(70, 130);
    assertThat(many.size()).isBetween(340, 460);
    assertThat(many).containsAll(few);
  }

  @Test
  void aRecipeOfRatingsTakesBothAnswersOfAPair() {
    ModelConfig base = TestModels.tiny().config();
    List<TokenPair> pairs =
        IntStream.range(0, 20)
            .mapToObj(i -> new TokenPair("p" + i, new int[] {i}, new int[] {2}, new int[] {3}, 1))
            .toList();
    Recipe rated = new Recipe("KTO", "{\"loss_type\": \"kto\"}", true, /* rated= */ true);

    Recipe.Plan plan = rated.ofPairs(base, pairs, 1);

    assertThat(plan.train()).isEmpty();
    assertThat(plan.validation()).isEmpty();
    assertThat(plan.ratings())
        .usingRecursiveFieldByFieldElementComparator()
        .containsExactlyElementsOf(pairs.stream().flatMap(RatedCompletion::ofPair).toList());
    assertThat(Recipe.LOOP.ofPairs(base, pairs, 1).ratings()).isEmpty();
  }

  private static Set<String> flippedIds(List<TokenPair> pairs) {
    Set<String> flipped = new HashSet<>();
    pairs.stream().filter(pair -> pair.chosen()[0] == 3).forEach(pair -> flipped.add(pair.id()));
    return flipped;
  }
}
