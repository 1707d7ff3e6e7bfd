package dev.whetstone.rollout.duel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each guard-rail alone, and that chance is not taken for harm. */
class GuardrailThresholdsTest {
  private static final GuardrailThresholds THRESHOLDS =
      new GuardrailThresholds(20, 0.05, 0.2, 0.05, 2, 2);
  private static final ArmMetrics CHAMPION = new ArmMetrics(100, 1, 10, 0, 2_500, 25);

  @Test
  void aCandidateLikeTheChampionViolatesNothing() {
    assertThat(THRESHOLDS.violations(CHAMPION, CHAMPION, CHAMPION)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "empty_completions,   40, 10,  0, 2500, 25",
    "unended_completions,  1, 80,  0, 2500, 25",
    "error_rate,           1, 10, 30, 2500, 25",
    "length_ratio,         1, 10,  0, 6000, 60",
    "length_ratio,         1, 10,  0, 1000, 10",
    "latency_ratio,        1, 10,  0, 2500, 80"
  })
  void eachBoundHasItsViolation(
      String violation, long empty, long truncated, long errors, long tokens, double seconds) {
    ArmMetrics candidate = new ArmMetrics(100, empty, truncated, errors, tokens, seconds);
    assertThat(THRESHOLDS.violations(candidate, CHAMPION, CHAMPION))
        .extracting(GuardrailViolation::name)
        .containsExactly(violation);
  }

  @Test
  void latencyIsComparedWithPairsWithoutTheCandidate() {
    ArmMetrics slow = new ArmMetrics(100, 1, 10, 0, 2_500, 80);
    assertThat(THRESHOLDS.violations(slow, slow, CHAMPION))
        .extracting(GuardrailViolation::name)
        .containsExactly("latency_ratio");
    assertThat(THRESHOLDS.violations(slow, slow, ArmMetrics.NONE)).isEmpty();
  }

  @Test
  void tooFewCompletionsAreNotJudged() {
    ArmMetrics broken = new ArmMetrics(19, 19, 0, 0, 0, 1);
    assertThat(THRESHOLDS.violations(broken, CHAMPION, CHAMPION)).isEmpty();
  }

  @Test
  void aFewUnluckyAnswersAreNoViolation() {
    // 3 of 20 empty beside 1 of 100: above the allowance, within twice the standard error
    ArmMetrics unlucky = new ArmMetrics(20, 3, 2, 0, 500, 5);
    assertThat(THRESHOLDS.violations(unlucky, CHAMPION, CHAMPION)).isEmpty();
  }

  @Test
  void aVersionThatOnlyFailsIsReportedOnce() {
    ArmMetrics dead = new ArmMetrics(20, 0, 0, 20, 0, 0);
    assertThat(THRESHOLDS.violations(dead, CHAMPION, CHAMPION))
        .extracting(GuardrailViolation::name)
        .contains("error_rate")
        .doesNotHaveDuplicates();
  }

  @Test
  void metricsOfGatewaysAddUp() {
    assertThat(List.of(CHAMPION, CHAMPION).stream().reduce(ArmMetrics.NONE, ArmMetrics::plus))
        .isEqualTo(new ArmMetrics(200, 2, 20, 0, 5_000, 50));
  }
}
