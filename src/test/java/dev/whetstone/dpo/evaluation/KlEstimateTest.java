package dev.whetstone.dpo.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KlEstimateTest {
  @Test
  void aFewVeryLargeAnswersDoNotDecideTheMean() {
    double[] nats = new double[256];
    Arrays.fill(nats, 1);
    Arrays.fill(nats, 0, 4, 90);

    KlEstimate estimate = KlEstimate.of(nats);

    assertThat(estimate.mean()).isEqualTo(1);
    assertThat(estimate.beyond()).isEqualTo(4);
    assertThat(KlBudget.DEFAULT.admits(estimate, 0)).isTrue();
  }

  @Test
  void theTailIsJudgedByTheExactBinomialTest() {
    assertThat(new KlEstimate(1, 10, 2).tailPValue(0.1)).isCloseTo(0.2639011, within(1e-6));
    assertThat(new KlEstimate(1, 10, 0).tailPValue(0.1)).isEqualTo(1);
    assertThat(new KlEstimate(1, 256, 15).tailPValue(0.02)).isLessThan(0.001);
  }

  @Test
  void fewAnswersAreNotTrimmed() {
    assertThat(KlEstimate.of(new double[] {0, 1, 2}).mean()).isEqualTo(1);
    assertThat(KlEstimate.of(IntStream.range(0, 100).mapToDouble(i -> i).toArray()).mean())
        .isEqualTo(49.5);
  }
}
