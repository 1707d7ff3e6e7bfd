package dev.whetstone.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TasteShiftTest {
  @Test
  void theEvidenceIsTheIntegralOverLowerRates() {
    double sum = 0;
    int steps = 200_000;
    for (int i = 0; i < steps; i++) {
      double p = 0.5 * (i + 0.5) / steps;
      sum += Math.pow(2, 10) * 2 * Math.pow(p, 3) * Math.pow(1 - p, 7) * 0.5 / steps;
    }

    assertThat(TasteShift.logEvidence(3, 7)).isCloseTo(Math.log(sum), within(1e-4));
    assertThat(TasteShift.logEvidence(0, 0)).isCloseTo(0, within(1e-9));
  }

  @Test
  void aTasteThatTurnedWithThePromotionForgetsAllBefore() {
    boolean[] rightly = new boolean[12];

    assertThat(TasteShift.begin(rightly)).hasValue(0);
  }

  @Test
  void aTasteThatTurnedLaterForgetsWhatCameBeforeToo() {
    boolean[] rightly = new boolean[140];
    for (int i = 0; i < 40; i++) {
      rightly[i] = true;
    }

    assertThat(TasteShift.begin(rightly)).hasValue(40);
  }

  /**
   * Users who agree with the champion half of the time are called turned once in twenty at most.
   */
  @Test
  void coinsAreRarelyATurn() {
    SplittableRandom random = new SplittableRandom(1);
    int turned = 0;
    for (int stream = 0; stream < 1_000; stream++) {
      boolean[] rightly = new boolean[200];
      for (int i = 0; i < rightly.length; i++) {
        rightly[i] = random.nextBoolean();
      }
      turned += TasteShift.begin(rightly).isPresent() ? 1 : 0;
    }
    assertThat(turned).isLessThan(70);
  }
}
