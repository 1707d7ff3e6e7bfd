package dev.whetstone.preference.rating;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.preference.rating.Agreement.Pattern;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Agreement beyond chance against worked examples. */
class AgreementTest {
  // Krippendorff's example C: four observers, twelve units, 0 where one is missing
  private static final int[][] OBSERVERS = {
    {1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0},
    {1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 0},
    {0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3},
    {1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0},
  };

  @Test
  void alphaIsKrippendorffs() {
    List<Pattern> units = new ArrayList<>();
    for (int unit = 0; unit < 12; unit++) {
      int[] counts = new int[5];
      for (int[] observer : OBSERVERS) {
        if (observer[unit] > 0) {
          counts[observer[unit] - 1]++;
        }
      }
      units.add(new Pattern(counts, 1));
    }
    assertThat(Agreement.alpha(units)).hasValueCloseTo(0.743, within(5e-4));
  }

  @Test
  void alphaCountsAPatternAsOftenAsItOccurs() {
    List<Pattern> merged =
        List.of(new Pattern(new int[] {2, 0}, 3), new Pattern(new int[] {1, 1}, 2));
    List<Pattern> spread = new ArrayList<>();
    for (Pattern pattern : merged) {
      for (int i = 0; i < pattern.units(); i++) {
        spread.add(new Pattern(pattern.counts(), 1));
      }
    }
    assertThat(Agreement.alpha(merged).orElseThrow())
        .isCloseTo(Agreement.alpha(spread).orElseThrow(), within(1e-12));
  }

  @Test
  void kappaIsCohens() {
    // two readers and fifty proposals: p_o = 0.7, p_e = 0.5
    assertThat(Agreement.kappa(new long[][] {{20, 5}, {10, 15}}))
        .hasValueCloseTo(0.4, within(1e-12));
    assertThat(Agreement.kappa(new long[][] {{45, 15}, {25, 15}}))
        .hasValueCloseTo(0.1304, within(1e-4));
    assertThat(Agreement.kappa(new long[][] {{25, 35}, {5, 35}}))
        .hasValueCloseTo(0.2593, within(1e-4));
  }

  @Test
  void whereNothingCanBeSaidNothingIsSaid() {
    assertThat(Agreement.alpha(List.of())).isEmpty();
    assertThat(Agreement.alpha(List.of(new Pattern(new int[] {1, 0}, 9)))).isEmpty();
    assertThat(Agreement.alpha(List.of(new Pattern(new int[] {2, 0}, 9)))).isEmpty();
    assertThat(Agreement.kappa(new long[2][2])).isEmpty();
    assertThat(Agreement.kappa(new long[][] {{9, 0}, {0, 0}})).isEmpty();
  }
}
