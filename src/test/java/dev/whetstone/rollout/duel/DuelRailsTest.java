package dev.whetstone.rollout.duel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each bound alone, and that luck is not taken for harm. */
class DuelRailsTest {
  private static final DuelRails RAILS = new DuelRails(20, 0.05, 0.2, 0.05, 2, 2);
  private static final SideFigures CHAMPION = new SideFigures(100, 1, 10, 0, 2_500, 25);

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
    SideFigures candidate = new SideFigures(100, empty, unended, errors, tokens, seconds);
    assertThat(RAILS.alarms(candidate, CHAMPION, CHAMPION))
        .extracting(Alarm::name)
        .containsExactly(alarm);
  }

  @Test
  void aSlowTwinShowsBesidePairsWithoutIt() {
    SideFigures slow = new SideFigures(100, 1, 10, 0, 2_500, 80);
    assertThat(RAILS.alarms(slow, slow, CHAMPION))
        .extracting(Alarm::name)
        .containsExactly("latency_ratio");
    assertThat(RAILS.alarms(slow, slow, SideFigures.NONE)).isEmpty();
  }

  @Test
  void tooFewAnswersSayNothing() {
    SideFigures broken = new SideFigures(19, 19, 0, 0, 0, 1);
    assertThat(RAILS.alarms(broken, CHAMPION, CHAMPION)).isEmpty();
  }

  @Test
  void aHandfulOfUnluckyAnswersIsNoAlarm() {
    // 3 of 20 empty beside 1 of 100: above the allowance, within twice the standard error
    SideFigures unlucky = new SideFigures(20, 3, 2, 0, 500, 5);
    assertThat(RAILS.alarms(unlucky, CHAMPION, CHAMPION)).isEmpty();
  }

  @Test
  void aVersionThatOnlyFailsIsCaughtOnce() {
    SideFigures dead = new SideFigures(20, 0, 0, 20, 0, 0);
    assertThat(RAILS.alarms(dead, CHAMPION, CHAMPION))
        .extracting(Alarm::name)
        .contains("error_rate")
        .doesNotHaveDuplicates();
  }

  @Test
  void figuresOfGatewaysAddUp() {
    assertThat(List.of(CHAMPION, CHAMPION).stream().reduce(SideFigures.NONE, SideFigures::plus))
        .isEqualTo(new SideFigures(200, 2, 20, 0, 5_000, 50));
  }
}
