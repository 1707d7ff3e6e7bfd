package dev.whetstone.dpo.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ClusteredMeanTest {
  @Test
  void withAClusterForEachValueTheErrorIsTheUsualOne() {
    double[] values = {1, 2, 3, 4, 5};
    List<String> own = List.of("a", "b", "c", "d", "e");

    ClusteredMean mean = ClusteredMean.of(values, own, Collections.nCopies(5, "me"));

    assertThat(mean.mean()).isEqualTo(3);
    assertThat(mean.standardError()).isCloseTo(Math.sqrt(2.5 / 5), within(1e-12));
    assertThat(mean.clusters()).isEqualTo(5);
  }

  @Test
  void repeatedValuesOfAConversationAddNoCertainty() {
    double[] values = new double[40];
    List<String> talks = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 4;
      talks.add("talk " + i % 4);
    }

    ClusteredMean mean = ClusteredMean.of(values, talks, Collections.nCopies(40, "me"));

    assertThat(mean.standardError()).isCloseTo(Math.sqrt(5.0 / 3 / 4), within(1e-12));
    assertThat(mean.clusters()).isEqualTo(4);
  }

  @Test
  void twoWaysOfClusteringAddUpLessWhatTheyShare() {
    // residuals -1, -1, 1, 1 in conversations (p, p, q, q) and voters (x, y, x, y):
    // by conversation 2^2 + 2^2 = 8, by voter 0, by both 4, each times G / (G - 1), by 16
    ClusteredMean mean =
        ClusteredMean.of(
            new double[] {0, 0, 2, 2}, List.of("p", "p", "q", "q"), List.of("x", "y", "x", "y"));

    assertThat(mean.standardError()).isCloseTo(1, within(1e-12));
    assertThat(mean.clusters()).isEqualTo(2);
  }

  @Test
  void aMeanOfZeroIsSeldomFoundBelowIt() {
    SplittableRandom random = new SplittableRandom(5);
    int below = 0;
    int streams = 10_000;
    for (int stream = 0; stream < streams; stream++) {
      double[] values = new double[36];
      List<String> talks = new ArrayList<>();
      for (int talk = 0; talk < 12; talk++) {
        double shared = random.nextGaussian();
        for (int i = 0; i < 3; i++) {
          values[3 * talk + i] = shared + random.nextGaussian();
          talks.add("talk " + talk);
        }
      }
      ClusteredMean mean = ClusteredMean.of(values, talks, Collections.nCopies(36, "me"));
      below += mean.isBelowZero(0.05) ? 1 : 0;
    }

    assertThat(below / (double) streams).isBetween(0.035, 0.065);
  }

  @Test
  void tooFewClustersProveNothing() {
    ClusteredMean none = ClusteredMean.of(new double[0], List.of(), List.of());
    ClusteredMean one = ClusteredMean.of(new double[] {-9}, List.of("a"), List.of("me"));

    assertThat(none.isBelowZero(0.05)).isFalse();
    assertThat(one.isBelowZero(0.05)).isFalse();
    assertThat(one.halfWidth(0.05)).isInfinite();
  }
}
