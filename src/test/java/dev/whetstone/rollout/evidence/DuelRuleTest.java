package dev.whetstone.rollout.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.dpo.evaluation.AttemptThreshold;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DuelRuleTest {
  private static final int STREAMS = 10_000;

  @ParameterizedTest
  @CsvSource({
    "1, .40, .001, .999, .000, 39, 1.00",
    "1, .50, .020, .970, .010, 111, .86",
    "1, .55, .241, .579, .179, 237, .52",
    "1, .60, .871, .088, .041, 194, .58",
    "1, .65, .993, .007, .000, 94, .92",
    "1, .75, 1.00, .000, .000, 32, 1.00",
    "1, .85, 1.00, .000, .000, 16, 1.00",
    "1, .90, 1.00, .000, .000, 12, 1.00",
    "2, .50, .005, .983, .012, 115, .85",
    "2, .60, .806, .089, .105, 257, .40",
    "2, .65, .992, .007, .000, 128, .83",
    "2, .75, 1.00, .000, .000, 44, 1.00",
    "2, .85, 1.00, .000, .000, 21, 1.00",
    "3, .50, .002, .985, .013, 115, .85",
    "3, .60, .751, .089, .160, 289, .32",
    "3, .65, .992, .007, .001, 147, .76",
    "3, .75, 1.00, .000, .000, 50, 1.00",
    "3, .85, 1.00, .000, .000, 24, 1.00",
  })
  void theExactRatesOfADuel(
      int attempt,
      double p,
      double promoted,
      double futile,
      double capped,
      double votes,
      double by200) {
    DuelTable.Ends ends = new DuelTable(attempt).ends(p);

    assertThat(ends.promoted()).isCloseTo(promoted, within(0.0011));
    assertThat(ends.futile()).isCloseTo(futile, within(0.0011));
    assertThat(ends.capped()).isCloseTo(capped, within(0.0011));
    assertThat(ends.meanVotes()).isCloseTo(votes, within(0.6));
    assertThat(ends.by200()).isCloseTo(by200, within(0.0051));
  }

  @Test
  void whatIsMissingFollowsFromThePaceSoFar() {
    assertThat(DuelEvidence.NONE.missingUntil(33)).isInfinite();
    DuelEvidence clear = DuelEvidence.of(new VoteEvidence(9, 1));
    double pace = clear.logEValue() / 10;
    assertThat(clear.missingUntil(132)).isCloseTo((Math.log(132) - 10 * pace) / pace, within(1e-9));
    assertThat(clear.missingUntil(5)).as("it is there").isZero();
    assertThat(DuelEvidence.of(new VoteEvidence(29, 18)).missingUntil(33)).isGreaterThan(100);
  }

  @Test
  void thresholdsRiseWithTheAttempt() {
    assertThat(AttemptThreshold.of(20, 1)).isCloseTo(33, within(0.2));
    assertThat(AttemptThreshold.of(20, 2)).isCloseTo(132, within(0.5));
    assertThat(AttemptThreshold.of(20, 3)).isCloseTo(296, within(0.5));
  }

  @Test
  void anEqualOneSeldomReplacesAChampionHoweverManyTry() {
    SplittableRandom random = new SplittableRandom(1_000);
    DuelTable[] tables = new DuelTable[12];
    for (int i = 0; i < tables.length; i++) {
      tables[i] = new DuelTable(i + 1);
    }
    int replaced = 0;
    int first = 0;
    int endedBy200 = 0;
    for (int stream = 0; stream < STREAMS; stream++) {
      boolean promoted = false;
      for (int k = 0; k < tables.length && !promoted; k++) {
        int votes = 0;
        int wins = 0;
        DuelRule.Verdict verdict = DuelRule.Verdict.CONTINUE;
        while (verdict == DuelRule.Verdict.CONTINUE) {
          wins += random.nextBoolean() ? 1 : 0;
          votes++;
          verdict = tables[k].verdict(wins, votes - wins);
        }
        promoted = verdict == DuelRule.Verdict.PROMOTE;
        if (k == 0) {
          endedBy200 += votes <= 200 ? 1 : 0;
          first += promoted ? 1 : 0;
        }
      }
      replaced += promoted ? 1 : 0;
    }

    assertThat(replaced / (double) STREAMS).isLessThan(0.05);
    assertThat(first / (double) STREAMS).isCloseTo(0.020, within(0.006));
    assertThat(endedBy200 / (double) STREAMS).isGreaterThan(0.8);
  }

  @Test
  void anEValueIsThatOfTheHalfUniformMixture() {
    // n = 0 proves nothing; one win of one is worth 2^2 B(2,1) P(Beta(2,1) > 1/2) = 3/2.
    assertThat(VoteEvidence.NONE.eValue()).isCloseTo(1, within(1e-12));
    assertThat(new VoteEvidence(1, 0).eValue()).isCloseTo(1.5, within(1e-12));
    assertThat(new VoteEvidence(0, 1).eValue()).isCloseTo(0.5, within(1e-12));
    assertThat(new VoteEvidence(0, 3).mirrored().eValue())
        .isEqualTo(new VoteEvidence(3, 0).eValue());
    assertThat(new VoteEvidence(5_000, 100).eValue()).isEqualTo(Double.MAX_VALUE);
  }

  @Test
  void theWatchRollsBackWhatLosesAndKeepsWhatIsEqual() {
    assertThat(rolledBack(1 / 3.0, 200)).isGreaterThan(0.9);
    assertThat(rolledBack(0.5, 1_000)).isLessThan(0.05);
    assertThat(rolledBack(0.4, 200)).isBetween(0.45, 0.75);
  }

  /** Share of champions with this chance of a win that the watch takes back within some votes. */
  private static double rolledBack(double p, int votes) {
    SplittableRandom random = new SplittableRandom(7);
    WatchRule rule = new WatchRule(20);
    int streams = votes > 200 ? 1_000 : STREAMS;
    int back = 0;
    for (int stream = 0; stream < streams; stream++) {
      int wins = 0;
      for (int n = 1; n <= votes; n++) {
        wins += random.nextDouble() < p ? 1 : 0;
        if (rule.isWorse(new VoteEvidence(wins, n - wins))) {
          back++;
          break;
        }
      }
    }
    return back / (double) streams;
  }
}
