package dev.whetstone.preference.rating;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.preference.rating.DavidsonBradleyTerry.Match;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Davidson's model against published fits and against draws from known strengths. */
class DavidsonBradleyTerryTest {
  // Davidson 1970: chocolate puddings i and j, wins of i, wins of j, ties
  private static final int[][] PUDDINGS = {
    {1, 2, 19, 22, 16}, {1, 3, 16, 19, 12}, {2, 3, 19, 19, 10}, {1, 4, 18, 23, 13},
    {2, 4, 23, 19, 9}, {3, 4, 19, 20, 15}, {1, 5, 13, 19, 18}, {2, 5, 16, 20, 12},
    {3, 5, 16, 15, 17}, {4, 5, 17, 14, 16}, {1, 6, 18, 21, 12}, {2, 6, 22, 20, 12},
    {3, 6, 13, 18, 10}, {4, 6, 14, 19, 18}, {5, 6, 11, 21, 12},
  };

  @Test
  void fitsDavidsonsPuddingsAsPublished() {
    List<Match> matches = new ArrayList<>();
    for (int[] row : PUDDINGS) {
      matches.add(new Match(row[0] - 1, row[1] - 1, row[2], row[3], row[4]));
    }

    DavidsonBradleyTerry fit = DavidsonBradleyTerry.fit(6, matches, 0);

    // R's PlackettLuce and Davidson's table 3: worths that sum to 1, and nu
    double[] worth = {0.1388, 0.1730, 0.1617, 0.1654, 0.1587, 0.2024};
    double sum = 0;
    for (int i = 0; i < 6; i++) {
      sum += Math.exp(fit.difference(i, 0));
    }
    for (int i = 0; i < 6; i++) {
      assertThat(Math.exp(fit.difference(i, 0)) / sum).isCloseTo(worth[i], within(5e-5));
    }
    assertThat(fit.tieParameter()).isCloseTo(0.7468, within(5e-5));
    assertThat(fit.standardError(5, 0)).isCloseTo(0.19240, within(5e-4));
    assertThat(fit.standardError(0, 0)).isZero();
  }

  @Test
  void ofTwoItemsItIsTheLogOddsWithItsTextbookError() {
    DavidsonBradleyTerry fit = DavidsonBradleyTerry.fit(2, List.of(new Match(0, 1, 30, 10, 0)), 0);

    assertThat(fit.difference(0, 1)).isCloseTo(Math.log(3), within(1e-9));
    assertThat(fit.standardError(0, 1)).isCloseTo(Math.sqrt(1 / 30.0 + 1 / 10.0), within(1e-9));
    assertThat(fit.tieParameter()).isZero();
  }

  @Test
  void oneThatNeverLostHasAFiniteStrengthOnlyWithTheHypotheticalItem() {
    List<Match> swept = List.of(new Match(1, 0, 8, 0, 0));

    DavidsonBradleyTerry fit = DavidsonBradleyTerry.fit(2, swept, 0.5);

    assertThat(fit.difference(1, 0)).isBetween(1.0, 6.0);
    assertThat(fit.standardError(1, 0)).isGreaterThan(1);
    assertThatThrownBy(() -> DavidsonBradleyTerry.fit(3, swept, 0))
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void everythingTiedMeansEqual() {
    DavidsonBradleyTerry fit = DavidsonBradleyTerry.fit(2, List.of(new Match(0, 1, 0, 0, 50)), 0.5);

    assertThat(fit.difference(0, 1)).isCloseTo(0, within(1e-9));
  }

  @Test
  void theIntervalsHoldTheTruthAsOftenAsTheySay() {
    double[] theta = {0, 0.4, -0.3, 0.9};
    double nu = 0.6;
    SplittableRandom random = new SplittableRandom(5);
    int covered = 0;
    int total = 0;
    for (int round = 0; round < 400; round++) {
      DavidsonBradleyTerry fit = DavidsonBradleyTerry.fit(4, draw(theta, nu, random), 0.5);
      for (int i = 1; i < 4; i++) {
        double off = Math.abs(fit.difference(i, 0) - theta[i]);
        covered += off < 1.96 * fit.standardError(i, 0) ? 1 : 0;
        total++;
      }
    }
    assertThat((double) covered / total).isBetween(0.93, 0.97);
  }

  private static List<Match> draw(double[] theta, double nu, SplittableRandom random) {
    List<Match> matches = new ArrayList<>();
    for (int i = 0; i < theta.length; i++) {
      for (int j = i + 1; j < theta.length; j++) {
        double a = Math.exp(theta[i]);
        double b = Math.exp(theta[j]);
        double t = nu * Math.sqrt(a * b);
        int[] counts = new int[3];
        for (int n = 0; n < 60; n++) {
          double at = random.nextDouble() * (a + b + t);
          counts[at < a ? 0 : at < a + b ? 1 : 2]++;
        }
        matches.add(new Match(i, j, counts[0], counts[1], counts[2]));
      }
    }
    return matches;
  }
}
