package dev.whetstone.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExactIntervalTest {
  /** As R's binom.test gives them. */
  @ParameterizedTest
  @CsvSource({
    "0, 10, 0, 0.3084971",
    "10, 10, 0.6915029, 1",
    "9, 10, 0.5549839, 0.9974714",
    "3, 3, 0.2924018, 1",
    "1, 20, 0.00126509, 0.2487328",
    "0, 0, 0, 1"
  })
  void agreesWithR(int successes, int trials, double low, double high) {
    ExactInterval interval = new ExactInterval(successes, trials);

    assertThat(interval.low()).isCloseTo(low, within(1e-6));
    assertThat(interval.high()).isCloseTo(high, within(1e-6));
  }

  @Test
  void moreSuccessesThanTrialsAreRefused() {
    assertThatThrownBy(() -> new ExactInterval(2, 1)).hasMessageContaining("2 of 1");
  }
}
