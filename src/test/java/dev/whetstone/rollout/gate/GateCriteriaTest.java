package dev.whetstone.rollout.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.rollout.gate.GateEvidence.Answers;
import dev.whetstone.rollout.gate.GateEvidence.ExportDifference;
import dev.whetstone.rollout.gate.GateEvidence.ValidationMargins;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** Each criterion passes, fails or is inconclusive, and the gate follows the worst of them. */
class GateCriteriaTest {
  private static final GateCriteria CRITERIA =
      new GateCriteria(new GateLimits(6, 8, 10, 0.8, 1.25, 1.5, 0.1, 0.05, 0.2));
  private static final double[] EVEN = margins(20, 0);
  private static final Answers NORMAL = answers(20, 25, 19, 0);

  @Test
  void aBetterCandidatePassesEverything() {
    List<CriterionResult> rows = rows(validation(0.5), NORMAL, 3, -2.1, 0.01);

    assertThat(rows).allMatch(row -> row.verdict() == GateVerdict.PASS);
    assertThat(rows)
        .extracting(CriterionResult::name)
        .containsExactly(
            "held_out_accuracy",
            "held_out_margin",
            "kl_to_reference",
            "length_ratio",
            "canary_perplexity",
            "ended_properly",
            "empty_answers",
            "export_difference");
    assertThat(GateVerdict.of(rows)).isEqualTo(GateVerdict.PASS);
  }

  @Test
  void aWorseCandidateFailsOnTheValidationPairs() {
    List<CriterionResult> rows = rows(validation(-0.5), NORMAL, 3, -2.1, 0.01);

    assertThat(verdict(rows, "held_out_accuracy")).isEqualTo(GateVerdict.FAIL);
    assertThat(verdict(rows, "held_out_margin")).isEqualTo(GateVerdict.FAIL);
    assertThat(GateVerdict.of(rows)).isEqualTo(GateVerdict.FAIL);
  }

  @Test
  void aGainThatMayBeChanceIsInconclusive() {
    List<CriterionResult> rows = rows(validation(0.02), NORMAL, 3, -2.1, 0.01);

    assertThat(verdict(rows, "held_out_margin")).isEqualTo(GateVerdict.INCONCLUSIVE);
    assertThat(GateVerdict.of(rows)).isEqualTo(GateVerdict.INCONCLUSIVE);
  }

  @Test
  void tooFewPairsAreInconclusiveHoweverGood() {
    ValidationMargins five = new ValidationMargins(new double[] {1, 1.1, 1.2, 1, 1}, new double[5]);

    List<CriterionResult> rows = rows(five, NORMAL, 3, -2.1, 0.01);

    assertThat(verdict(rows, "held_out_accuracy")).isEqualTo(GateVerdict.INCONCLUSIVE);
    assertThat(verdict(rows, "held_out_margin")).isEqualTo(GateVerdict.INCONCLUSIVE);
  }

  @Test
  void klAboveTheLimitFails() {
    assertThat(verdict(rows(validation(0.5), NORMAL, 30, -2.1, 0.01), "kl_to_reference"))
        .isEqualTo(GateVerdict.FAIL);
    assertThat(verdict(rows(validation(0.5), NORMAL, 10.1, -2.1, 0.01), "kl_to_reference"))
        .isEqualTo(GateVerdict.INCONCLUSIVE);
  }

  @Test
  void answersThatGrowOrShrinkFail() {
    assertThat(
            verdict(rows(validation(0.5), answers(20, 60, 19, 0), 3, -2.1, 0.01), "length_ratio"))
        .isEqualTo(GateVerdict.FAIL);
    assertThat(
            verdict(rows(validation(0.5), answers(20, 10, 19, 0), 3, -2.1, 0.01), "length_ratio"))
        .isEqualTo(GateVerdict.FAIL);
    assertThat(verdict(rows(validation(0.5), answers(4, 25, 4, 0), 3, -2.1, 0.01), "length_ratio"))
        .isEqualTo(GateVerdict.INCONCLUSIVE);
  }

  @Test
  void answersThatNeverEndOrAreEmptyFail() {
    assertThat(
            verdict(rows(validation(0.5), answers(20, 25, 4, 0), 3, -2.1, 0.01), "ended_properly"))
        .isEqualTo(GateVerdict.FAIL);
    assertThat(
            verdict(rows(validation(0.5), answers(20, 25, 19, 10), 3, -2.1, 0.01), "empty_answers"))
        .isEqualTo(GateVerdict.FAIL);
  }

  @Test
  void aHighPerplexityOfTheProbeTextFails() {
    assertThat(verdict(rows(validation(0.5), NORMAL, 3, -4, 0.01), "canary_perplexity"))
        .isEqualTo(GateVerdict.FAIL);
    assertThat(verdict(rows(validation(0.5), NORMAL, 3, Double.NaN, 0.01), "canary_perplexity"))
        .isEqualTo(GateVerdict.FAIL);
  }

  @Test
  void aLargeDifferenceFromTheTrainerFails() {
    assertThat(verdict(rows(validation(0.5), NORMAL, 3, -2.1, 0.9), "export_difference"))
        .isEqualTo(GateVerdict.FAIL);
    assertThat(verdict(rows(validation(0.5), NORMAL, 3, -2.1, Double.NaN), "export_difference"))
        .isEqualTo(GateVerdict.FAIL);
  }

  private static List<CriterionResult> rows(
      ValidationMargins validation, Answers candidate, double kl, double probe, double export) {
    double[] kls = DoubleStream.of(margins(20, 0)).map(noise -> kl + noise).toArray();
    return CRITERIA.evaluate(
        new GateEvidence(
            validation,
            candidate,
            NORMAL,
            kls,
            probe,
            -2,
            Optional.of(new ExportDifference(export, 500))));
  }

  private static GateVerdict verdict(List<CriterionResult> rows, String name) {
    return rows.stream().filter(row -> row.name().equals(name)).findFirst().orElseThrow().verdict();
  }

  private static ValidationMargins validation(double gain) {
    double[] champion = new double[EVEN.length];
    return new ValidationMargins(
        Arrays.stream(EVEN).map(noise -> gain + noise).toArray(), champion);
  }

  /** Values spread evenly over one unit around the mean. */
  private static double[] margins(int count, double mean) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = mean + (i + 0.5) / count - 0.5;
    }
    return values;
  }

  private static Answers answers(int count, double length, int stopped, int empty) {
    return new Answers(DoubleStream.of(margins(count, length)).toArray(), stopped, empty);
  }
}
