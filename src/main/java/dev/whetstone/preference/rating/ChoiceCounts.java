package dev.whetstone.preference.rating;

import org.jspecify.annotations.Nullable;

/**
 * Votes by choice.
 *
 * @param leftRate share of a, the side shown first, among the votes that a side won; null for none
 * @param leftLow lower end of its 95 % interval (Wilson 1927, JASA 22, 209-212)
 * @param leftHigh upper end of that interval
 * @param tieRate share of ties among all votes; null for none
 */
public record ChoiceCounts(
    long total,
    long a,
    long b,
    long tie,
    long bothBad,
    @Nullable Double leftRate,
    @Nullable Double leftLow,
    @Nullable Double leftHigh,
    @Nullable Double tieRate) {
  private static final double Z2 = Ranking.Z95 * Ranking.Z95;

  static ChoiceCounts of(long a, long b, long tie, long bothBad) {
    long total = a + b + tie + bothBad;
    Double tieRate = total == 0 ? null : (double) tie / total;
    double n = a + b;
    if (n == 0) {
      return new ChoiceCounts(total, a, b, tie, bothBad, null, null, null, tieRate);
    }
    double rate = a / n;
    double center = (rate + Z2 / (2 * n)) / (1 + Z2 / n);
    double halfWidth = Math.sqrt(Z2 * (rate * (1 - rate) / n + Z2 / (4 * n * n))) / (1 + Z2 / n);
    double low = Math.max(0, center - halfWidth);
    double high = Math.min(1, center + halfWidth);
    return new ChoiceCounts(total, a, b, tie, bothBad, rate, low, high, tieRate);
  }
}
