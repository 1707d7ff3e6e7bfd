package dev.whetstone.rollout.changes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LogOddsTest {
  @Test
  void equalSharesDifferByNothing() {
    assertThat(LogOdds.of(5, 20, 5, 20)).isEqualTo(new LogOdds(0, 0));
  }

  @Test
  void aKnownTableHasItsOddsRatioAndError() {
    // 30 of 40 against 10 of 40: log(30.5 / 10.5) - log(10.5 / 30.5), error of the four cells
    LogOdds odds = LogOdds.of(30, 40, 10, 40);

    assertThat(odds.value()).isCloseTo(2.1327, within(1e-4));
    assertThat(odds.z()).isCloseTo(4.2147, within(1e-4));
  }

  @Test
  void theOtherWayRoundItIsTheOpposite() {
    assertThat(LogOdds.of(10, 40, 30, 40).z()).isEqualTo(-LogOdds.of(30, 40, 10, 40).z());
  }

  @Test
  void anEmptyCellStaysFinite() {
    assertThat(LogOdds.of(20, 20, 0, 20).z()).isFinite().isGreaterThan(3);
  }
}
