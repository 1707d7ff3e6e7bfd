package dev.whetstone.rollout.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.dpo.evaluation.AttemptThreshold;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatisticsTest {
  @Test
  void theBettingIntervalHoldsTheMeanAtAllTimes() {
    for (double p : new double[] {0.5, 0.8}) {
      SplittableRandom random = new SplittableRandom(13);
      int missed = 0;
      int streams = 600;
      for (int stream = 0; stream < streams; stream++) {
        BettingInterval interval = new BettingInterval(0.05);
        for (int i = 0; i < 300; i++) {
          interval.add(random.nextDouble() < p ? 1 : 0);
        }
        // bounds never widen, so that the last ones tell of all times
        BettingInterval.Bounds bounds = interval.bounds();
        missed += p < bounds.low() || p > bounds.high() ? 1 : 0;
        assertThat(bounds.high() - bounds.low()).isLessThan(0.4);
      }
      assertThat(missed / (double) streams).isLessThan(0.05);
    }
    assertThat(BettingInterval.of(0.05, new double[0])).isEqualTo(new BettingInterval.Bounds(0, 1));
  }

  @Test
  void scoresOfEqualForecastersSeldomProveOneBetter() {
    SplittableRandom random = new SplittableRandom(17);
    double threshold = AttemptThreshold.of(20, 1);
    int streams = 10_000;
    int wrong = 0;
    int right = 0;
    for (int stream = 0; stream < streams; stream++) {
      wrong += reaches(threshold, 200, () -> (random.nextDouble() - 0.5)) ? 1 : 0;
      right += reaches(threshold, 200, () -> (random.nextDouble() - 0.3)) ? 1 : 0;
    }
    assertThat(wrong / (double) streams).isLessThan(1 / threshold + 0.005);
    assertThat(right / (double) streams).isGreaterThan(0.95);
  }

  private static boolean reaches(double threshold, int votes, DoubleSupplier difference) {
    ScoreEvidence evidence = new ScoreEvidence();
    for (int i = 0; i < votes; i++) {
      evidence.add(difference.getAsDouble());
      if (evidence.eValue() >= threshold) {
        return true;
      }
    }
    return false;
  }

  @Test
  void aTrimmedMeanLeavesOutTheTails() {
    double[] values = IntStream.rangeClosed(1, 100).mapToDouble(i -> i == 100 ? 1e9 : i).toArray();

    TrimmedMean mean = TrimmedMean.of(values, 0.02);

    assertThat(mean.mean()).isCloseTo(50.5, within(1e-9));
    assertThat(mean.standardError()).isLessThan(4);
    assertThat(TrimmedMean.of(new double[0], 0.02).mean()).isNaN();
  }
}
