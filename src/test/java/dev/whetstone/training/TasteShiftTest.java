package dev.whetstone.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
    assertThat(TasteShift.begin(List.of(new boolean[12]), 0)).hasValue(0);
    assertThat(TasteShift.begin(List.of(), 0)).isEmpty();
  }

  @Test
  void aTasteThatTurnedLaterForgetsWhatCameBeforeToo() {
    boolean[] rightly = new boolean[140];
    Arrays.fill(rightly, 0, 40, true);

    assertThat(TasteShift.begin(List.of(rightly), 0)).hasValue(40);
  }

  /** Each model begins anew, so a long agreement before a turn does not hide it. */
  @Test
  void aLongAgreementHidesNoTurn() {
    boolean[] agreed = new boolean[200];
    Arrays.fill(agreed, true);
    boolean[] turned = new boolean[20];

    assertThat(TasteShift.begin(List.of(agreed, turned), 0)).hasValue(200);
    assertThat(TasteShift.begin(List.of(agreed, turned), 6)).as("the ninth or so").hasValue(200);
    assertThat(TasteShift.begin(List.of(agreed, new boolean[9]), 6)).as("too few").isEmpty();
  }

  /** Users who agree with the models half of the time are called turned once in twenty at most. */
  @Test
  void coinsAreRarelyATurn() {
    SplittableRandom random = new SplittableRandom(1);
    int turned = 0;
    for (int stream = 0; stream < 1_000; stream++) {
      List<boolean[]> judged = new ArrayList<>();
      for (int judge = 0; judge < 4; judge++) {
        boolean[] rightly = new boolean[50];
        for (int i = 0; i < rightly.length; i++) {
          rightly[i] = random.nextBoolean();
        }
        judged.add(rightly);
      }
      turned += TasteShift.begin(judged, 0).isPresent() ? 1 : 0;
    }
    assertThat(turned).isLessThan(70);
  }
}
