package dev.whetstone.dpo.evaluation;

import static dev.whetstone.settings.Checks.require;

/**
 * How far a policy may move from the frozen reference: the same for the trainer and the gate.
 *
 * @param step nats an answer by which its KL(π ‖ π_ref) may exceed the champion's
 * @param absolute nats an answer that it may have at most, whatever the champion has
 */
public record KlBudget(double step, double absolute) {
  /**
   * Three nats at the temperature of pairs: about five by the plain mean at temperature 1, which
   * rare answers rule.
   */
  public static final KlBudget DEFAULT = new KlBudget(3, 3);

  public static final KlBudget UNLIMITED =
      new KlBudget(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);

  /** Share of answers in the tail that is no cause for alarm. */
  private static final double USUAL_TAIL = 0.02;

  private static final double LEVEL = 0.05;

  public KlBudget {
    require(step > 0, "kl_step_budget must be positive");
    require(absolute > 0, "kl_budget must be positive");
  }

  /** The KL that a policy may have beside a champion of this one: never less than that has. */
  public double limit(double championKl) {
    return Math.max(championKl, Math.min(absolute, championKl + step));
  }

  /** The budget of a run against a champion: what it may have becomes the absolute limit. */
  public KlBudget relativeTo(double championKl) {
    return new KlBudget(Double.POSITIVE_INFINITY, limit(championKl));
  }

  /**
   * Whether an estimate is within the budget: its mean within the limit, and no more answers in the
   * tail than chance explains.
   */
  public boolean admits(KlEstimate estimate, double championKl) {
    return estimate.mean() <= limit(championKl)
        && (Double.isInfinite(absolute) || estimate.tailPValue(USUAL_TAIL) >= LEVEL);
  }

  /** Whether there is any limit. */
  public boolean active() {
    return Double.isFinite(absolute) || Double.isFinite(step);
  }
}
