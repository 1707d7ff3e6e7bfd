package dev.whetstone.rollout.duel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each bound alone, and that luck is not taken for harm. */
class GuardrailThresholdsTest {
  private static final GuardrailThresholds RAILS =
      new GuardrailThresholds(20, 0.05, 0.2, 0.05, 2, 2);
  private static final ArmMetrics CHAMPION = new ArmMetrics(100, 1, 10, 0, 2_500, 25);

  @Test
  void aTwinOfTheChampionRaisesNothing() {
    assertThat(RAILS.alarms(CHAMPION, CHAMPION, CHAMPION)).isEmpty();
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
  void eachBoundHasItsAlarm(
      String alarm, long empty, long unended, long errors, long tokens, double seconds) {
    ArmMetrics candidate = new ArmMetrics(100, empty, unended, errors, tokens, seconds);
    assertThat(RAILS.alarms(candidate, CHAMPION, CHAMPION))
        .extracting(GuardrailViolation::name)
        .containsExactly(alarm);
  }

  @Test
  void aSlowTwinShowsBesidePairsWithoutIt() {
    ArmMetrics slow = new ArmMetrics(100, 1, 10, 0, 2_500, 80);
    assertThat(RAILS.alarms(slow, slow, CHAMPION))
        .extracting(GuardrailViolation::name)
        .containsExactly("latency_ratio");
    assertThat(RAILS.alarms(slow, slow, ArmMetrics.NONE)).isEmpty();
  }

  @Test
  void tooFewAnswersSayNothing() {
    ArmMetrics broken = new ArmMetrics(19, 19, 0, 0, 0, 1);
    assertThat(RAILS.alarms(broken, CHAMPION, CHAMPION)).isEmpty();
  }

  @Test
  void aHandfulOfUnluckyAnswersIsNoAlarm() {
    // 3 of 20 empty beside 1 of 100: above the allowance, within twice the standard error
    ArmMetrics unlucky = new ArmMetrics(20, 3, 2, 0, 500, 5);
    assertThat(RAILS.alarms(unlucky, CHAMPION, CHAMPION)).isEmpty();
  }

  @Test
  void aVersionThatOnlyFailsIsCaughtOnce() {
    ArmMetrics dead = new ArmMetrics(20, 0, 0, 20, 0, 0);
    assertThat(RAILS.alarms(dead, CHAMPION, CHAMPION))
        .extracting(GuardrailViolation::name)
        .contains("error_rate")
        .doesNotHaveDuplicates();
  }

  @Test
  void figuresOfGatewaysAddUp() {
    assertThat(List.of(CHAMPION, CHAMPION).stream().reduce(ArmMetrics.NONE, ArmMetrics::plus))
        .isEqualTo(new ArmMetrics(200, 2, 20, 0, 5_000, 50));
  }
}
