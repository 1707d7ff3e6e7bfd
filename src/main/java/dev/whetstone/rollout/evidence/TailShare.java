package dev.whetstone.rollout.evidence;

import static dev.whetstone.settings.Checks.require;

import org.hipparchus.distribution.discrete.BinomialDistribution;

/**
 * An exact one-sided binomial test of a share.
 *
 * @param hits how many of {@code count} have the property
 */
public record TailShare(int hits, int count) {
  public TailShare {
    require(hits >= 0 && hits <= count, "hits must be between 0 and their number");
  }

  public double share() {
    return count == 0 ? 0 : (double) hits / count;
  }

  /** Chance of this many hits or more where each has the probability {@code share}. */
  public double chanceUnder(double share) {
    return hits == 0
        ? 1
        : 1 - new BinomialDistribution(count, share).cumulativeProbability(hits - 1);
  }
}
