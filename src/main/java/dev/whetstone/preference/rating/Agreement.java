package dev.whetstone.preference.rating;

import java.util.List;
import java.util.OptionalDouble;

/** Chance-corrected measures of how far raters agree on nominal choices. */
public final class Agreement {
  private Agreement() {}

  /**
   * A pattern of ratings and how often it occurs.
   *
   * @param counts how many raters chose each category {@code [categories]}
   * @param units how many rated units have these counts
   */
  public record Pattern(int[] counts, long units) {}

  /**
   * Krippendorff's alpha for nominal data (Krippendorff 2011, "Computing Krippendorff's
   * Alpha-Reliability", section C): {@code 1 - D_o / D_e}; units with one rating take no part.
   *
   * @return empty where no unit has two ratings or only one category is used
   */
  public static OptionalDouble alpha(List<Pattern> patterns) {
    if (patterns.isEmpty()) {
      return OptionalDouble.empty();
    }
    double[] totals = new double[patterns.getFirst().counts().length];
    double observed = 0;
    double n = 0;
    for (Pattern pattern : patterns) {
      long raters = 0;
      for (int count : pattern.counts()) {
        raters += count;
      }
      if (raters < 2) {
        continue;
      }
      n += pattern.units() * (double) raters;
      for (int c = 0; c < totals.length; c++) {
        double count = pattern.counts()[c];
        totals[c] += pattern.units() * count;
        observed += pattern.units() * count * (raters - count) / (raters - 1);
      }
    }
    double expected = 0;
    for (double total : totals) {
      expected += total * (n - total);
    }
    return expected == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(1 - (n - 1) * observed / expected);
  }

  /**
   * Cohen's kappa of two raters (Cohen 1960): {@code (p_o - p_e) / (1 - p_e)}.
   *
   * @param table how often the first chose the row while the second chose the column {@code
   *     [categories, categories]}
   * @return empty where the table is empty or chance agreement is 1
   */
  public static OptionalDouble kappa(long[][] table) {
    double n = 0;
    double diagonal = 0;
    double[] rows = new double[table.length];
    double[] columns = new double[table.length];
    for (int i = 0; i < table.length; i++) {
      for (int j = 0; j < table.length; j++) {
        n += table[i][j];
        rows[i] += table[i][j];
        columns[j] += table[i][j];
      }
      diagonal += table[i][i];
    }
    double chance = 0;
    for (int i = 0; i < table.length; i++) {
      chance += rows[i] * columns[i];
    }
    return n == 0 || chance == n * n
        ? OptionalDouble.empty()
        : OptionalDouble.of((diagonal * n - chance) / (n * n - chance));
  }
}
