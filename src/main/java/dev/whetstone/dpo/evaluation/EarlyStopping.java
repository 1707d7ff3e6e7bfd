package dev.whetstone.dpo.evaluation;

import static dev.whetstone.settings.Checks.require;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides when a run ends before its schedule does, and which of its policies is its result: of
 * those whose validation loss exceeds the lowest by no more than a slack, the latest within the KL
 * budget, or the latest at all, which the trainer then scales down into the budget. It is the
 * latest rather than the one with the lowest loss, because a falling learning rate improves a
 * policy in ways that the few validation pairs cannot measure. Fewer than {@link #MIN_PAIRS} pairs
 * judge no loss: the schedule and the budget end such a run.
 *
 * @param klBudget how far the result may be from the reference
 * @param slack share of the lowest validation loss by which a policy's loss may exceed it
 * @param patience number of evaluations since the best policy, or in a row beyond the budget, that
 *     ends the run; 0 is off. One evaluation over the budget ends nothing: early in a run the KL
 *     often exceeds it and returns
 * @param chosenLogRatioAlarm mean log-ratio in nats a chosen token, below which an alarm is raised
 * @param minLengthRatio expected answer length, as a ratio to the reference's, below which an alarm
 *     is raised
 * @param maxLengthRatio the same, above which an alarm is raised
 */
public record EarlyStopping(
    KlBudget klBudget,
    double slack,
    int patience,
    double chosenLogRatioAlarm,
    double minLengthRatio,
    double maxLengthRatio) {

  /** Fewer validation pairs do not tell which policy is better. */
  public static final int MIN_PAIRS = 20;

  /** Why a run ends early. */
  public enum StopReason {
    KL_BUDGET,
    HELD_OUT_DECLINE
  }

  /** Something an operator should check; the run continues. */
  public enum Alarm {
    CHOSEN_LOGPS_FALL,
    LENGTH_RATIO
  }

  /**
   * The decision after an evaluation.
   *
   * @param bestStep step of the policy that would be the result if the run ended now
   * @param stop why the run ends; empty when it continues
   * @param alarms about the latest evaluation
   */
  public record Verdict(int bestStep, Optional<StopReason> stop, Set<Alarm> alarms) {
    public Verdict {
      alarms = Set.copyOf(alarms);
    }
  }

  public EarlyStopping {
    require(slack >= 0 && slack < Double.POSITIVE_INFINITY, "held_out_slack must not be negative");
    require(patience >= 0, "patience must not be negative");
    require(chosenLogRatioAlarm < 0, "chosen_log_ratio_alarm must be negative");
    require(
        minLengthRatio >= 0 && minLengthRatio <= 1 && maxLengthRatio >= 1,
        "length_ratio must be a range around 1");
  }

  /** Settings that never end a run early. */
  public static EarlyStopping off() {
    return new EarlyStopping(
        KlBudget.UNLIMITED, 0, 0, Double.NEGATIVE_INFINITY, 0, Double.POSITIVE_INFINITY);
  }

  /** Whether anything is on. */
  public boolean active() {
    return !equals(off());
  }

  /** The same settings for a run beside a champion of this KL. */
  public EarlyStopping relativeTo(double championKl) {
    return within(klBudget.relativeTo(championKl));
  }

  /** The same settings with another budget. */
  public EarlyStopping within(KlBudget budget) {
    return new EarlyStopping(
        budget, slack, patience, chosenLogRatioAlarm, minLengthRatio, maxLengthRatio);
  }

  /**
   * Judges a run by its evaluations so far.
   *
   * <p>The verdict depends on nothing else, so a resumed run needs no further state.
   *
   * @param evaluations in their order, at least one
   * @param pairs number of validation pairs
   */
  public Verdict judge(List<Evaluation> evaluations, int pairs) {
    Evaluation best = pairs < MIN_PAIRS ? evaluations.getLast() : latest(lowestLoss(evaluations));
    return new Verdict(
        best.step(), stop(evaluations, best), alarms(evaluations.getLast().metrics()));
  }

  private List<Evaluation> lowestLoss(List<Evaluation> evaluations) {
    double lowest =
        evaluations.stream()
            .mapToDouble(evaluation -> evaluation.metrics().loss())
            .min()
            .orElseThrow();
    return evaluations.stream()
        .filter(evaluation -> evaluation.metrics().loss() <= lowest + slack * Math.abs(lowest))
        .toList();
  }

  private Evaluation latest(List<Evaluation> evaluations) {
    return evaluations.reversed().stream()
        .filter(this::withinBudget)
        // What a run begins with is within the budget, but nothing has been learned there.
        .filter(evaluation -> evaluation.step() > 0)
        .findFirst()
        .orElse(evaluations.getLast());
  }

  /** Whether the policy of an evaluation is within the budget. */
  public boolean withinBudget(Evaluation evaluation) {
    return klBudget.admits(evaluation.metrics().klEstimate(), 0);
  }

  private Optional<StopReason> stop(List<Evaluation> evaluations, Evaluation best) {
    if (patience == 0 || evaluations.size() <= patience) {
      return Optional.empty();
    }
    List<Evaluation> newest =
        evaluations.subList(evaluations.size() - patience, evaluations.size());
    if (newest.stream().noneMatch(this::withinBudget)) {
      return Optional.of(StopReason.KL_BUDGET);
    }
    return newest.contains(best) ? Optional.empty() : Optional.of(StopReason.HELD_OUT_DECLINE);
  }

  private Set<Alarm> alarms(PreferenceMetrics metrics) {
    Set<Alarm> alarms = EnumSet.noneOf(Alarm.class);
    if (metrics.chosenLogRatioPerToken() < chosenLogRatioAlarm) {
      alarms.add(Alarm.CHOSEN_LOGPS_FALL);
    }
    if (metrics.lengthRatio() < minLengthRatio || metrics.lengthRatio() > maxLengthRatio) {
      alarms.add(Alarm.LENGTH_RATIO);
    }
    return alarms;
  }
}
