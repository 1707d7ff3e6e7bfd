package dev.whetstone.lab;

import static dev.whetstone.settings.Checks.require;

import java.util.Locale;
import org.hipparchus.distribution.continuous.BetaDistribution;

/**
 * A proportion and its exact interval (Clopper and Pearson 1934): it covers the true one in at
 * least 95 of 100 samples.
 */
public record ExactInterval(int successes, int trials) {
  private static final double TAIL = 0.025;

  public ExactInterval {
    require(
        0 <= successes && successes <= trials,
        "%d of %d is not a proportion".formatted(successes, trials));
  }

  /** The lower end; 0 without trials. */
  public double low() {
    return successes == 0
        ? 0
        : new BetaDistribution(successes, trials - successes + 1)
            .inverseCumulativeProbability(TAIL);
  }

  /** The upper end; 1 without trials. */
  public double high() {
    return successes == trials
        ? 1
        : new BetaDistribution(successes + 1, trials - successes)
            .inverseCumulativeProbability(1 - TAIL);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%d of %d (%.2f to %.2f)", successes, trials, low(), high());
  }
}
