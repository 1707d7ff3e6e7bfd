package dev.whetstone.dpo.evaluation;

import static dev.whetstone.settings.Checks.require;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides when a run ends before its schedule does, and which of its policies is its result: the
 * latest whose KL is within the budget and whose validation loss exceeds the lowest within the
 * budget by no more than a slack. It is the latest rather than the one with the lowest loss,
 * because a falling learning rate improves a policy in ways that the few validation pairs cannot
 * measure.
 *
 * @param klBudget maximum KL(π ‖ π_ref) in nats an answer; infinite is off
 * @param slack share of the lowest validation loss by which a policy's loss may exceed it
 * @param patience number of evaluations since the best policy that ends the run; 0 is off. One
 *     evaluation over the budget ends nothing: early in a run the KL often exceeds it and returns
 * @param chosenLogRatioAlarm mean log-ratio in nats a chosen token, below which an alarm is raised
 * @param minLengthRatio expected answer length, as a ratio to the reference's, below which an alarm
 *     is raised
 * @param maxLengthRatio the same, above which an alarm is raised
 */
public record EarlyStopping(
    double klBudget,
    double slack,
    int patience,
    double chosenLogRatioAlarm,
    double minLengthRatio,
    double maxLengthRatio) {

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
    require(klBudget > 0, "kl_budget must be positive");
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
        Double.POSITIVE_INFINITY, 0, 0, Double.NEGATIVE_INFINITY, 0, Double.POSITIVE_INFINITY);
  }

  /** Whether anything is on. */
  public boolean active() {
    return !equals(off());
  }

  /**
   * Judges a run by its evaluations so far.
   *
   * <p>The verdict depends on nothing else, so a resumed run needs no further state.
   *
   * @param evaluations in their order, at least one
   */
  public Verdict judge(List<Evaluation> evaluations) {
    double lowest =
        evaluations.stream()
            .filter(this::withinBudget)
            .mapToDouble(evaluation -> evaluation.metrics().loss())
            .min()
            .orElse(Double.NEGATIVE_INFINITY);
    Evaluation best =
        evaluations.reversed().stream()
            .filter(this::withinBudget)
            .filter(evaluation -> evaluation.metrics().loss() <= lowest + slack * Math.abs(lowest))
            .findFirst()
            .orElse(evaluations.getFirst());
    return new Verdict(
        best.step(), stop(evaluations, best), alarms(evaluations.getLast().metrics()));
  }

  private boolean withinBudget(Evaluation evaluation) {
    return evaluation.metrics().kl() <= klBudget;
  }

  private Optional<StopReason> stop(List<Evaluation> evaluations, Evaluation best) {
    int since = evaluations.size() - 1 - evaluations.indexOf(best);
    if (patience == 0 || since < patience) {
      return Optional.empty();
    }
    boolean overBudget = !withinBudget(evaluations.getLast());
    return Optional.of(overBudget ? StopReason.KL_BUDGET : StopReason.HELD_OUT_DECLINE);
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
