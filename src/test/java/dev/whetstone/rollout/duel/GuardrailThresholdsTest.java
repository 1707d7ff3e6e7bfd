package dev.whetstone.rollout.duel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each guard-rail alone, and that chance is not taken for harm. */
class GuardrailThresholdsTest {
  private static final GuardrailThresholds THRESHOLDS =
      new GuardrailThresholds(20, 200, 0.05, 0.2, 0.05, 2, 2);
  private static final ArmMetrics CHAMPION = arm(200, 2, 20, 0, 25, 0.01);

  /** An arm whose lengths spread by a fifth of their mean, and whose paces by a third. */
  private static ArmMetrics arm(
      long count, long empty, long truncated, long errors, double length, double pace) {
    double log = Math.log(pace);
    return new ArmMetrics(
        count,
        empty,
        truncated,
        errors,
        Math.round(count * length),
        count * length * pace,
        count * length * length * 1.04,
        new ArmMetrics.Pace(count, count * log, count * (log * log + 0.1)));
  }

  @Test
  void aCandidateLikeTheChampionViolatesNothing() {
    assertThat(THRESHOLDS.violations(CHAMPION, CHAMPION)).isEmpty();
    assertThat(THRESHOLDS.latency(CHAMPION, CHAMPION)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "empty_completions,   80, 20,  0, 25",
    "unended_completions,  2, 160, 0, 25",
    "error_rate,           2, 20, 60, 25",
    "length_ratio,         2, 20,  0, 60",
    "length_ratio,         2, 20,  0, 10",
  })
  void eachBoundHasItsViolation(
      String violation, long empty, long truncated, long errors, double length) {
    ArmMetrics candidate = arm(200, empty, truncated, errors, length, 0.01);
    assertThat(THRESHOLDS.violations(candidate, CHAMPION))
        .extracting(GuardrailViolation::name)
        .containsExactly(violation);
  }

  @Test
  void latencyIsComparedWithPairsWithoutTheCandidate() {
    ArmMetrics slow = arm(200, 2, 20, 0, 25, 0.04);
    assertThat(THRESHOLDS.latency(slow, CHAMPION))
        .extracting(GuardrailViolation::name)
        .containsExactly("latency_ratio");
    assertThat(THRESHOLDS.latency(slow, ArmMetrics.NONE)).isEmpty();
    assertThat(THRESHOLDS.latency(arm(199, 2, 20, 0, 25, 0.04), CHAMPION)).isEmpty();
  }

  @Test
  void tooFewCompletionsAreNotJudged() {
    ArmMetrics broken = arm(19, 19, 0, 0, 1, 1);
    assertThat(THRESHOLDS.violations(broken, CHAMPION)).isEmpty();
  }

  @Test
  void aFewUnluckyAnswersAreNoViolation() {
    // 5 of 20 empty beside 2 of 200, and twice the length of few answers
    assertThat(THRESHOLDS.violations(arm(20, 5, 2, 0, 25, 0.01), CHAMPION)).isEmpty();
    assertThat(THRESHOLDS.violations(arm(20, 0, 2, 0, 52, 0.01), CHAMPION)).isEmpty();
  }

  @Test
  void aVersionThatOnlyFailsIsReportedOnce() {
    ArmMetrics dead = new ArmMetrics(20, 0, 0, 20, 0, 0, 0, ArmMetrics.Pace.NONE);
    assertThat(THRESHOLDS.violations(dead, CHAMPION))
        .extracting(GuardrailViolation::name)
        .contains("error_rate")
        .doesNotHaveDuplicates();
  }

  /** Looked at after every answer, as the referee does every few seconds. */
  @Test
  void anEqualCandidateSeldomTripsARailHoweverOftenOneLooks() {
    SplittableRandom random = new SplittableRandom(21);
    GuardrailThresholds strict = new GuardrailThresholds(20, 200, 0, 0, 0, 1, 1);
    int tripped = 0;
    int streams = 400;
    for (int stream = 0; stream < streams; stream++) {
      ArmMetrics one = ArmMetrics.NONE;
      ArmMetrics other = ArmMetrics.NONE;
      boolean any = false;
      for (int i = 0; i < 500 && !any; i++) {
        one = one.plus(drawn(random));
        other = other.plus(drawn(random));
        any = !strict.violations(one, other).isEmpty();
      }
      tripped += any ? 1 : 0;
    }
    // four rails without any allowance, one in a hundred each
    assertThat(tripped / (double) streams).isLessThan(0.05);
  }

  private static ArmMetrics drawn(SplittableRandom random) {
    double tokens = 1 + Math.round(25 * -Math.log(random.nextDouble()));
    return new ArmMetrics(
        1,
        random.nextInt(20) == 0 ? 1 : 0,
        random.nextInt(10) == 0 ? 1 : 0,
        random.nextInt(50) == 0 ? 1 : 0,
        (long) tokens,
        1,
        tokens * tokens,
        ArmMetrics.Pace.NONE);
  }

  @Test
  void metricsOfGatewaysAddUp() {
    ArmMetrics sum = List.of(CHAMPION, CHAMPION).stream().reduce(ArmMetrics.NONE, ArmMetrics::plus);

    assertThat(sum.completions()).isEqualTo(400);
    assertThat(sum.tokens()).isEqualTo(10_000);
    assertThat(sum.pace().count()).isEqualTo(400);
  }
}
