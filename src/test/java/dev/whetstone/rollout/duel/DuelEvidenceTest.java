package dev.whetstone.rollout.duel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The e-value against exact arithmetic, and its error bound against simulated duels. */
class DuelEvidenceTest {
  private static final double THRESHOLD = 20;
  private static final int MAX_VOTES = 1_000;

  @Property
  void agreesWithExactFractions(
      @ForAll @IntRange(max = 60) int wins, @ForAll @IntRange(max = 60) int losses) {
    BigInteger numerator =
        BigInteger.TWO.pow(wins + losses).multiply(factorial(wins)).multiply(factorial(losses));
    double exact =
        new BigDecimal(numerator)
            .divide(new BigDecimal(factorial(wins + losses + 1)), MathContext.DECIMAL64)
            .doubleValue();
    assertThat(new DuelEvidence(wins, losses).eValue()).isCloseTo(exact, within(exact * 1e-9));
  }

  /** A fair vote does not change the expected e-value, so looking after each vote is valid. */
  @Property
  void isAMartingaleUnderTheNull(
      @ForAll @IntRange(max = 300) int wins, @ForAll @IntRange(max = 300) int losses) {
    double now = new DuelEvidence(wins, losses).eValue();
    double next =
        (new DuelEvidence(wins + 1, losses).eValue() + new DuelEvidence(wins, losses + 1).eValue())
            / 2;
    assertThat(next / now).isCloseTo(1, within(1e-9));
  }

  @Property
  void mirrorsItsVerdict(
      @ForAll @IntRange(max = 200) int wins, @ForAll @IntRange(max = 200) int losses) {
    DuelVerdict mirrored = new DuelEvidence(losses, wins).verdict(THRESHOLD);
    assertThat(new DuelEvidence(wins, losses).verdict(THRESHOLD))
        .isEqualTo(
            switch (mirrored) {
              case PROMOTE -> DuelVerdict.REJECT;
              case REJECT -> DuelVerdict.PROMOTE;
              case CONTINUE -> DuelVerdict.CONTINUE;
            });
  }

  @Test
  void eightToNothingDecidesAndSevenDoesNot() {
    assertThat(new DuelEvidence(7, 0).verdict(THRESHOLD)).isEqualTo(DuelVerdict.CONTINUE);
    assertThat(new DuelEvidence(8, 0).verdict(THRESHOLD)).isEqualTo(DuelVerdict.PROMOTE);
    assertThat(new DuelEvidence(0, 8).verdict(THRESHOLD)).isEqualTo(DuelVerdict.REJECT);
    assertThat(new DuelEvidence(0, 0).eValue()).isEqualTo(1);
  }

  @Test
  void doesNotOverflow() {
    DuelEvidence many = new DuelEvidence(100_000, 1_000);
    assertThat(many.logEValue()).isPositive().isFinite();
    assertThat(many.verdict(THRESHOLD)).isEqualTo(DuelVerdict.PROMOTE);
  }

  /** At most one even duel in twenty is decided, although it is checked after every vote. */
  @Test
  void rarelyDecidesAnEvenDuel() {
    int duels = 10_000;
    int decided = duels - count(duels, 0.5, DuelVerdict.CONTINUE);
    // 5 % is the bound; 3 standard errors of 10,000 duels are 0.65 %
    assertThat(decided / (double) duels).isLessThanOrEqualTo(0.05 + 0.0065).isGreaterThan(0.01);
  }

  @Test
  void findsABetterCandidateAndAWorseOne() {
    assertThat(count(1_000, 0.7, DuelVerdict.PROMOTE)).isGreaterThan(990);
    assertThat(count(1_000, 0.3, DuelVerdict.REJECT)).isGreaterThan(990);
  }

  private static int count(int duels, double chance, DuelVerdict wanted) {
    SplittableRandom random = new SplittableRandom(7);
    int count = 0;
    for (int duel = 0; duel < duels; duel++) {
      count += play(random, chance) == wanted ? 1 : 0;
    }
    return count;
  }

  private static DuelVerdict play(SplittableRandom random, double chance) {
    int wins = 0;
    double logE = 0;
    for (int votes = 0; votes < MAX_VOTES; votes++) {
      boolean win = random.nextDouble() < chance;
      // The e-value, updated vote by vote: 2 (1 + count of this outcome) / (2 + votes)
      logE += Math.log(2.0 * (1 + (win ? wins : votes - wins)) / (2 + votes));
      wins += win ? 1 : 0;
      if (logE >= Math.log(THRESHOLD)) {
        DuelVerdict verdict =
            new DuelEvidence(wins, votes + 1 - wins).verdict(THRESHOLD * 0.999999);
        assertThat(verdict).isNotEqualTo(DuelVerdict.CONTINUE);
        return verdict;
      }
    }
    return DuelVerdict.CONTINUE;
  }

  private static BigInteger factorial(int n) {
    BigInteger product = BigInteger.ONE;
    for (int i = 2; i <= n; i++) {
      product = product.multiply(BigInteger.valueOf(i));
    }
    return product;
  }
}
