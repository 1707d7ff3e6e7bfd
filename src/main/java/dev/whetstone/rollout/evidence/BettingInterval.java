package dev.whetstone.rollout.evidence;

import static dev.whetstone.settings.Checks.require;

import java.util.Arrays;

/**
 * A confidence sequence for the mean of values in [0, 1], valid at all times at once: a gambler
 * bets on every possible mean with stakes chosen from the past; a mean against which the capital
 * has ever reached {@code 1/alpha} is excluded (hedged capital, Waudby-Smith and Ramdas 2024,
 * "Estimating means of bounded random variables by betting", section 4.4).
 */
public final class BettingInterval {
  private static final int GRID = 200;
  private static final double MAX_STAKE = 0.5;

  private final double alpha;
  private final double[] logUp = new double[GRID + 1];
  private final double[] logDown = new double[GRID + 1];
  private final boolean[] excluded = new boolean[GRID + 1];
  private int count;
  private double sum;
  private double squares;

  /** The bounds; they narrow as values come. */
  public record Bounds(double low, double high) {}

  /**
   * Creates an interval of [0, 1].
   *
   * @param alpha chance that the mean is ever outside, in (0, 1)
   */
  public BettingInterval(double alpha) {
    require(alpha > 0 && alpha < 1, "alpha must be in (0, 1)");
    this.alpha = alpha;
  }

  /** Takes the next value, in [0, 1]. */
  public void add(double value) {
    require(value >= 0 && value <= 1, "a value must be in [0, 1]");
    // Predictable plug-in stake: mean and variance of the values before this one, shrunk to 1/2.
    double variance = (0.25 + squares) / (count + 1);
    double t = count + 1.0;
    double stake = Math.sqrt(2 * Math.log(2 / alpha) / (variance * t * Math.log(1 + t)));
    for (int i = 0; i <= GRID; i++) {
      double mean = (double) i / GRID;
      double up = mean == 0 ? stake : Math.min(stake, MAX_STAKE / mean);
      double down = mean == 1 ? stake : Math.min(stake, MAX_STAKE / (1 - mean));
      logUp[i] += Math.log1p(up * (value - mean));
      logDown[i] += Math.log1p(Math.max(-down * (value - mean), -MAX_STAKE));
      double capital = Math.max(logUp[i], logDown[i]) - Math.log(2);
      excluded[i] |= capital >= Math.log(1 / alpha);
    }
    sum += value;
    count++;
    double shrunk = (0.5 + sum) / (count + 1);
    squares += (value - shrunk) * (value - shrunk);
  }

  public Bounds bounds() {
    int low = 0;
    while (low < GRID && excluded[low]) {
      low++;
    }
    int high = GRID;
    while (high > 0 && excluded[high]) {
      high--;
    }
    // A mean may lie between two points of the grid.
    return new Bounds(Math.max(0, low - 1.0) / GRID, Math.min(GRID, high + 1.0) / GRID);
  }

  /** Bounds for all values at once, in their order. */
  public static Bounds of(double alpha, double[] values) {
    BettingInterval interval = new BettingInterval(alpha);
    Arrays.stream(values).forEach(interval::add);
    return interval.bounds();
  }
}
