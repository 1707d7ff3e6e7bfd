package dev.whetstone.dpo.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.whetstone.dpo.RandomPairs;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.data.LossNormalizer;
import dev.whetstone.settings.EnumNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PreferenceLossTest {
  @ParameterizedTest
  @CsvSource({
    "sigmoid, 0, 0.693147",
    "hinge, 0, 1",
    "ipo, 0, 25",
    "exo_pair, 0.001, 2.7612",
    "nca_pair, 0, 1.386294",
    "robust, 0.1, 0.693147",
    "bco_pair, 0, 1.386294",
    "sppo_hard, 0, 50",
    "aot, 0, 0.693147",
    "aot_unpaired, 0, 0.693147",
    "apo_zero, 0, 1",
    "apo_down, 0, 1",
    "discopop, 0, 0.8466",
    "sigmoid_norm, 0, 0.693147"
  })
  void atTheReferenceALossHasItsKnownValue(String type, double smoothing, double expected) {
    List<PairLogps> pairs =
        new RandomPairs(new Random(3))
            .draw(4).stream().map(PreferenceLossTest::atReference).toList();

    double loss =
        loss("\"loss_type\": \"%s\", \"label_smoothing\": %s", type, smoothing)
            .compute(pairs)
            .loss();

    assertThat(loss).isCloseTo(expected, within(1e-4));
  }

  @ParameterizedTest
  @EnumSource(Divergence.class)
  void everyScoreIsFlatAtTheReference(Divergence divergence) {
    ValueAndDerivative score = divergence.score(0, 0.5);

    assertThat(score.value()).isCloseTo(0, within(1e-15));
    assertThat(score.derivative())
        .isCloseTo(divergence == Divergence.JS_DIVERGENCE ? 0.5 : 1, within(1e-15));
  }

  @Property(tries = 300)
  void microBatchesAddUpToTheirBatch(
      @ForAll LossType type, @ForAll Random random, @ForAll @IntRange(min = 2, max = 8) int count) {
    PreferenceLoss loss =
        loss("\"loss_type\": [\"%s\", \"sft\"], \"label_smoothing\": 0.1", EnumNames.of(type));
    List<PairLogps> pairs = new RandomPairs(random).draw(count);
    int tokens = pairs.stream().mapToInt(pair -> pair.chosen().length()).sum();
    LossNormalizer size = new LossNormalizer(count, tokens);
    int cut = random.nextInt(1, count);
    if (type.rule() instanceof LossRule.Sorted) {
      assertThatThrownBy(() -> loss.compute(pairs.subList(0, cut), size))
          .hasMessageContaining("whole batch");
      return;
    }

    LossResult whole = loss.compute(pairs);
    LossResult parts =
        LossResult.sum(
            List.of(
                loss.compute(pairs.subList(0, cut), size),
                loss.compute(pairs.subList(cut, count), size)));

    assertThat(parts.loss()).isCloseTo(whole.loss(), within(1e-12 * (1 + Math.abs(whole.loss()))));
    for (int i = 0; i < count; i++) {
      assertThat(parts.pairs().get(i).chosenGradient())
          .containsExactly(whole.pairs().get(i).chosenGradient());
      assertThat(parts.pairs().get(i).rejectedGradient())
          .containsExactly(whole.pairs().get(i).rejectedGradient());
    }
  }

  @Property(tries = 300)
  void theOrderOfABatchDoesNotMatter(@ForAll LossType type, @ForAll Random random) {
    PreferenceLoss loss =
        loss("\"loss_type\": \"%s\", \"label_smoothing\": 0.1", EnumNames.of(type));
    List<PairLogps> pairs = new RandomPairs(random).draw(5);
    List<PairLogps> shuffled = new ArrayList<>(pairs);
    Collections.shuffle(shuffled, random);

    LossResult result = loss.compute(pairs);
    LossResult other = loss.compute(shuffled);

    assertThat(other.loss())
        .isCloseTo(result.loss(), within(1e-12 * (1 + Math.abs(result.loss()))));
    for (LossResult.PairOutcome pair : result.pairs()) {
      LossResult.PairOutcome twin = find(other, pair.logps().id());
      assertThat(twin.chosenGradient()).containsExactly(pair.chosenGradient(), within(1e-12));
    }
  }

  @Test
  void aMixIsTheWeightedSumOfItsLosses() {
    List<PairLogps> pairs = new RandomPairs(new Random(5)).draw(4);

    LossResult mix =
        loss("\"loss_type\": [\"sigmoid\", \"sft\", \"aot\"], \"loss_weights\": [0.5, 2, 1]")
            .compute(pairs);

    LossResult sigmoid = loss("\"loss_type\": \"sigmoid\"").compute(pairs);
    LossResult sft = loss("\"loss_type\": \"sft\"").compute(pairs);
    LossResult aot = loss("\"loss_type\": \"aot\"").compute(pairs);
    assertThat(mix.loss())
        .isCloseTo(0.5 * sigmoid.loss() + 2 * sft.loss() + aot.loss(), within(1e-12));
    assertThat(mix.pairs().getFirst().chosenGradient()[0])
        .isCloseTo(
            0.5 * sigmoid.pairs().getFirst().chosenGradient()[0]
                + 2 * sft.pairs().getFirst().chosenGradient()[0]
                + aot.pairs().getFirst().chosenGradient()[0],
            within(1e-12));
  }

  @Test
  void aPairOfWeightTwoCountsTwice() {
    List<PairLogps> pairs = new RandomPairs(new Random(6)).draw(2);
    PairLogps first = pairs.get(0);
    PairLogps heavy = new PairLogps("heavy", first.chosen(), first.rejected(), 2);
    PreferenceLoss loss = loss("\"loss_type\": \"sigmoid\"");

    double weighted = loss.compute(List.of(heavy, pairs.get(1))).loss() * 2;
    double repeated = loss.compute(List.of(first, first, pairs.get(1))).loss() * 3;

    assertThat(weighted).isCloseTo(repeated, within(1e-12));
    assertThatThrownBy(() -> loss("\"loss_type\": \"aot\"").compute(List.of(heavy)))
        .hasMessageContaining("cannot have weights");
  }

  @Test
  void withoutAReferenceOnlyThePolicyCounts() {
    List<PairLogps> pairs = new RandomPairs(new Random(8)).draw(3);
    List<PairLogps> other =
        pairs.stream()
            .map(
                p ->
                    new PairLogps(
                        p.id(), shiftedReference(p.chosen()), shiftedReference(p.rejected()), 1))
            .toList();
    for (PreferenceLoss loss :
        List.of(loss("\"reference_free\": true"), loss("\"loss_type\": \"simpo\""))) {
      assertThat(loss.compute(other).loss()).isEqualTo(loss.compute(pairs).loss());
    }
    assertThat(loss("\"beta\": 0.1").compute(other).loss())
        .isNotEqualTo(loss("\"beta\": 0.1").compute(pairs).loss());
  }

  @Test
  void simpoComparesMeanLogProbsWithAMargin() {
    PairLogps pair =
        new PairLogps(
            "pair",
            new PairLogps.Completion(new double[] {-1, -2}, new double[2]),
            new PairLogps.Completion(new double[] {-3}, new double[1]),
            1);

    double loss =
        loss("\"loss_type\": \"simpo\", \"beta\": 2, \"simpo_gamma\": 0.5")
            .compute(List.of(pair))
            .loss();

    // −log σ(2 (−1.5 + 3) − 0.5)
    assertThat(loss).isCloseTo(Math.log1p(Math.exp(-2.5)), within(1e-12));
  }

  @Test
  void extremeLogRatiosKeepFiniteLosses() {
    Map<String, Double> far = Map.of("won", 2000.0, "lost", -2000.0);
    far.forEach(
        (name, shift) -> {
          PairLogps pair =
              new PairLogps(
                  name,
                  new PairLogps.Completion(
                      new double[] {-2000 + Math.max(0, shift)},
                      new double[] {-2000 - Math.min(0, shift)}),
                  new PairLogps.Completion(new double[] {-1}, new double[] {-1}),
                  1);
          for (LossType type : LossType.values()) {
            LossResult result =
                loss("\"loss_type\": \"%s\", \"label_smoothing\": 0.1", EnumNames.of(type))
                    .compute(List.of(pair));
            assertThat(result.loss()).as("%s %s", type, name).isFinite();
            assertThat(
                    Arrays.stream(result.pairs().getFirst().chosenGradient())
                        .allMatch(Double::isFinite))
                .isTrue();
          }
        });
  }

  @FormatMethod
  private static PreferenceLoss loss(@FormatString String settings, Object... values) {
    String json = "{" + settings.formatted(values) + "}";
    return new PreferenceLoss(TrainConfigFile.read(json, TrainConfig.plain()).loss());
  }

  private static PairLogps atReference(PairLogps pair) {
    return new PairLogps(pair.id(), atReference(pair.chosen()), atReference(pair.rejected()), 1);
  }

  private static PairLogps.Completion atReference(PairLogps.Completion completion) {
    return new PairLogps.Completion(completion.reference(), completion.reference());
  }

  private static PairLogps.Completion shiftedReference(PairLogps.Completion completion) {
    double[] shifted = completion.reference().clone();
    shifted[0] -= shifted.length;
    return new PairLogps.Completion(completion.policy(), shifted);
  }

  private static LossResult.PairOutcome find(LossResult result, String id) {
    return result.pairs().stream().filter(p -> p.logps().id().equals(id)).findFirst().orElseThrow();
  }
}
