package dev.whetstone.dpo.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.loss.PairLogps.Completion;
import dev.whetstone.dpo.loss.UnpairedLoss.RatedLogps;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnpairedLossTest {
  /** λ_D n_D / (λ_U n_U) is in [1, 4/3], and a rating weighs 1 on average. */
  @ParameterizedTest
  @CsvSource({"10, 10", "100, 90", "60, 20", "5, 40", "1, 7"})
  void weightsBalanceGoodAndBadRatings(int good, int bad) {
    UnpairedLoss.Weights weights = UnpairedLoss.KTO.weights(good, bad);

    double ratio = weights.desirable() * good / (weights.undesirable() * bad);
    assertThat(ratio).isBetween(1 - 1e-9, 4.0 / 3 + 1e-9);
    assertThat(weights.desirable() * good + weights.undesirable() * bad)
        .isCloseTo(good + bad, within(1e-9));
  }

  @Test
  void oneKindOfRatingAloneHasPlainWeights() {
    assertThat(UnpairedLoss.KTO.weights(7, 0)).isEqualTo(new UnpairedLoss.Weights(1, 1));
    assertThat(UnpairedLoss.KTO.weights(1000, 1).undesirable()).isEqualTo(10);
  }

  @ParameterizedTest
  @ValueSource(strings = {"kto", "apo_zero_unpaired"})
  void theGradientIsThatOfTheLoss(String type) {
    LossConfig config = read("{\"loss_type\": \"%s\", \"beta\": 0.3}".formatted(type));
    UnpairedLoss loss = config.unpaired();
    UnpairedLoss.Weights weights = new UnpairedLoss.Weights(1.2, 0.7);
    double step = 1e-6;
    for (boolean desirable : new boolean[] {true, false}) {
      UnpairedLoss.Result at = loss.compute(List.of(rating(desirable, 0)), 0.3, weights, 0.4, 3);
      double above = loss.compute(List.of(rating(desirable, step)), 0.3, weights, 0.4, 3).loss();
      double below = loss.compute(List.of(rating(desirable, -step)), 0.3, weights, 0.4, 3).loss();

      assertThat(at.ratings().getFirst().gradient()[1])
          .isCloseTo((above - below) / (2 * step), within(1e-8));
    }
  }

  @Test
  void theReferencePointIsNeverNegative() {
    Completion less = new Completion(new double[] {-3}, new double[] {-1});
    Completion more = new Completion(new double[] {-1}, new double[] {-4});

    assertThat(UnpairedLoss.referencePoint(List.of(less, less))).isZero();
    assertThat(UnpairedLoss.referencePoint(List.of(less, more))).isEqualTo(0.5);
  }

  @Test
  void settingsAreReadByTrlsNamesAndWrittenAgain() {
    String json =
        "{\"loss_type\": [\"sigmoid\", \"apo_zero_unpaired\"], \"loss_weights\": [1, 0.5],"
            + " \"desirable_weight\": 1.33, \"undesirable_weight\": 0.8}";
    TrainConfig config = TrainConfigFile.read(json, TrainConfig.plain());

    assertThat(config.loss().unpaired())
        .isEqualTo(
            new UnpairedLoss(
                UnpairedLoss.Type.APO_ZERO_UNPAIRED,
                0.5,
                OptionalDouble.of(1.33),
                OptionalDouble.of(0.8)));
    assertThat(config.loss().mix()).hasSize(1);
    assertThat(TrainConfigFile.read(TrainConfigFile.write(config), TrainConfig.plain()))
        .isEqualTo(config);
    TrainConfig alone = TrainConfigFile.read("{\"loss_type\": \"kto\"}", TrainConfig.plain());
    assertThat(alone.loss().mix()).isEmpty();
    assertThat(TrainConfigFile.read(TrainConfigFile.write(alone), TrainConfig.plain()))
        .isEqualTo(alone);
    assertThat(TrainConfigFile.write(TrainConfig.plain())).doesNotContain("kto");
  }

  @Test
  void wrongSettingsAreRefused() {
    assertThatThrownBy(() -> read("{\"loss_type\": [\"kto\", \"apo_zero_unpaired\"]}"))
        .hasMessageContaining("two losses of ratings");
    assertThatThrownBy(() -> read("{\"desirable_weight\": -1}"))
        .hasMessageContaining("desirable_weight");
    assertThatThrownBy(
            () ->
                read(
                    "{\"loss_type\": \"kto\", \"per_device_train_batch_size\": 4,"
                        + " \"gradient_accumulation_steps\": 2}"))
        .hasMessageContaining("kto");
  }

  private static LossConfig read(String json) {
    return TrainConfigFile.read(json, TrainConfig.plain()).loss();
  }

  private static RatedLogps rating(boolean desirable, double shift) {
    Completion completion =
        new Completion(new double[] {-1, -2 + shift}, new double[] {-1.5, -2.5});
    return new RatedLogps("rating", completion, desirable, 1.5);
  }
}
