package dev.whetstone.rollout.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.dpo.evaluation.AttemptThreshold;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The error rates of a duel by ratings, alone and together with votes. */
@Tag("slow")
class RatingProcessTest {
  private static final int STREAMS = 10_000;
  private static final int CONVERSATIONS = 600;
  private static final DuelRule FIRST = new DuelRule(AttemptThreshold.of(20, 1), 10, 500);

  /** As permissive as the sum over all attempts: nothing ends a duel but its promotion. */
  private static final DuelRule ALL = new DuelRule(20, Double.MAX_VALUE, Integer.MAX_VALUE);

  /**
   * What the users of an arm do.
   *
   * @param rates share of conversations that are rated
   * @param up share of good ratings among these
   */
  private record Arm(double rates, double up) {
    /** 1, -1, or 0 without a rating. */
    int rating(SplittableRandom random) {
      return random.nextDouble() >= rates ? 0 : random.nextDouble() < up ? 1 : -1;
    }

    double approval() {
      return rates * (2 * up - 1);
    }
  }

  private record Ends(double promoted, double meanOfPromoted) {}

  @ParameterizedTest
  @CsvSource({
    "0.5, 1, .5, 1, .5",
    "0.5, .3, .9, .3, .9",
    "0.2, 1, .5, 1, .5",
    "0.8, 1, .7, 1, .7",
    // the candidate makes more people rate: fewer of them approve, as many in all
    "0.5, .8, .625, .4, .75",
    // fewer rate it, and all of them approve: approval among the rated would call it better
    "0.3, .2, 1, .6, .667",
  })
  void evenArmsArePromotedInAtMostOneOfTwenty(
      double share, double rates, double up, double otherRates, double otherUp) {
    Arm candidate = new Arm(rates, up);
    Arm champion = new Arm(otherRates, otherUp);
    assertThat(candidate.approval()).isCloseTo(champion.approval(), within(0.001));

    assertThat(promoted(ALL, share, candidate, champion, 0).promoted).isLessThan(0.05);
    assertThat(promoted(FIRST, share, candidate, champion, 0).promoted).isLessThan(0.03);
  }

  @Test
  void evenArmsArePromotedNoOftenerByVotesAndRatingsTogether() {
    Arm even = new Arm(0.5, 0.6);
    assertThat(promoted(ALL, 0.5, even, even, 0.5).promoted).isLessThan(0.05);
  }

  @Test
  void aBetterArmIsFound() {
    Arm champion = new Arm(1, 0.5);
    Ends clear = promoted(FIRST, 0.5, new Arm(1, 0.9), champion, 0);
    assertThat(clear.promoted).isGreaterThan(0.99);
    assertThat(clear.meanOfPromoted).isLessThan(120);
    assertThat(promoted(FIRST, 0.5, new Arm(1, 0.75), champion, 0).promoted).isGreaterThan(0.85);
    assertThat(promoted(FIRST, 0.2, new Arm(1, 0.9), champion, 0).promoted).isGreaterThan(0.8);
  }

  @Test
  void votesAndRatingsTogetherFindItSooner() {
    Arm candidate = new Arm(1, 0.75);
    Arm champion = new Arm(1, 0.5);
    Ends alone = promoted(FIRST, 0.5, candidate, champion, 0);
    Ends both = promoted(FIRST, 0.5, candidate, champion, 0.7);
    assertThat(both.promoted).isGreaterThan(alone.promoted);
    assertThat(both.meanOfPromoted).isLessThan(0.7 * alone.meanOfPromoted);
  }

  @Test
  void aWorseArmIsNotPromotedAndEndsTheDuel() {
    assertThat(promoted(FIRST, 0.5, new Arm(1, 0.4), new Arm(1, 0.6), 0).promoted)
        .isLessThan(0.001);
    RatingProcess process = new RatingProcess();
    for (int i = 0; i < 20; i++) {
      process.add(true, 0.5, false);
    }
    DuelEvidence evidence = new DuelEvidence(VoteEvidence.NONE, process.evidence());
    assertThat(FIRST.verdict(evidence)).isEqualTo(DuelRule.Verdict.FUTILE);
  }

  @Test
  void oneStreamDoesNotOutvoteTheOther() {
    RatingProcess good = new RatingProcess();
    for (int i = 0; i < 60; i++) {
      good.add(true, 0.5, true);
    }
    RatingEvidence ratings = good.evidence();
    assertThat(ratings.eValue()).isGreaterThan(1e6);
    assertThat(FIRST.verdict(new DuelEvidence(VoteEvidence.NONE, ratings)))
        .isEqualTo(DuelRule.Verdict.PROMOTE);

    // eight pairs of eight against it: their mirror is above 20
    DuelEvidence torn = new DuelEvidence(new VoteEvidence(0, 8), ratings);
    assertThat(torn.logEValue()).isGreaterThan(Math.log(33));
    assertThat(torn.isContradicted(20)).isTrue();
    assertThat(FIRST.verdict(torn)).isEqualTo(DuelRule.Verdict.CONTINUE);

    RatingProcess bad = new RatingProcess();
    for (int i = 0; i < 12; i++) {
      bad.add(true, 0.5, false);
    }
    DuelEvidence other = new DuelEvidence(new VoteEvidence(40, 0), bad.evidence());
    assertThat(other.logEValue()).isGreaterThan(Math.log(33));
    assertThat(FIRST.verdict(other)).isEqualTo(DuelRule.Verdict.CONTINUE);
  }

  /** With even shares a rating tells what a vote tells, and weighs as much where it ends a duel. */
  @Test
  void futilityIsThatOfVotes() {
    RatingProcess process = new RatingProcess();
    process.add(true, 0.5, true);
    process.add(false, 0.5, true);
    process.add(false, 0.5, false);
    RatingEvidence evidence = process.evidence();
    assertThat(evidence.futility()).isCloseTo(new VoteEvidence(2, 1).futility(), within(1e-9));
    assertThat(evidence).extracting(RatingEvidence::ratings).isEqualTo(3);
    assertThat(RatingEvidence.NONE.eValue()).isEqualTo(1);
  }

  @Test
  void aRatingOfTheRarerArmWeighsMore() {
    RatingProcess rare = new RatingProcess();
    RatingProcess common = new RatingProcess();
    for (int i = 0; i < 5; i++) {
      rare.add(true, 0.1, true);
      common.add(true, 0.9, true);
    }
    assertThat(rare.evidence().logEValue()).isGreaterThan(common.evidence().logEValue());
  }

  private static Ends promoted(
      DuelRule rule, double share, Arm candidate, Arm champion, double winsOfPairs) {
    SplittableRandom random = new SplittableRandom(2_026);
    int promoted = 0;
    long counted = 0;
    for (int stream = 0; stream < STREAMS; stream++) {
      RatingProcess process = new RatingProcess();
      int wins = 0;
      int losses = 0;
      for (int i = 0; i < CONVERSATIONS; i++) {
        boolean drawn = random.nextDouble() < share;
        int rating = (drawn ? candidate : champion).rating(random);
        if (rating != 0) {
          process.add(drawn, share, rating > 0);
        }
        if (winsOfPairs > 0) {
          boolean won = random.nextDouble() < winsOfPairs;
          wins += won ? 1 : 0;
          losses += won ? 0 : 1;
        }
        if (rating == 0 && winsOfPairs == 0) {
          continue;
        }
        DuelEvidence evidence =
            new DuelEvidence(new VoteEvidence(wins, losses), process.evidence());
        DuelRule.Verdict verdict = rule.verdict(evidence);
        if (verdict == DuelRule.Verdict.PROMOTE) {
          promoted++;
          counted += i + 1;
          break;
        }
        if (verdict != DuelRule.Verdict.CONTINUE) {
          break;
        }
      }
    }
    return new Ends(promoted / (double) STREAMS, counted / (double) Math.max(1, promoted));
  }
}
