package dev.whetstone.preference.rating;

import org.jspecify.annotations.Nullable;

/**
 * Votes by choice.
 *
 * @param leftRate how often a, the side shown first, won where a side won; null where none did
 * @param leftLow to {@code leftHigh}: its 95 % interval (Wilson 1927, JASA 22, 209-212)
 * @param tieRate ties among all votes
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
    double centre = (rate + Z2 / (2 * n)) / (1 + Z2 / n);
    double half = Math.sqrt(Z2 * (rate * (1 - rate) / n + Z2 / (4 * n * n))) / (1 + Z2 / n);
    double low = Math.max(0, centre - half);
    double high = Math.min(1, centre + half);
    return new ChoiceCounts(total, a, b, tie, bothBad, rate, low, high, tieRate);
  }
}
