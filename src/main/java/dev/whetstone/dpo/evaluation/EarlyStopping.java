package dev.whetstone.dpo.evaluation;

import static dev.whetstone.settings.Checks.require;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * When a run ends before its schedule does, and which of its policies it gives: the latest that is
 * within the KL budget and as good on held-out pairs as any within it, but for a slack. The latest
 * rather than the best, because a falling learning rate settles what the held-out pairs are too few
 * to see.
 *
 * @param klBudget nats per answer that the policy may move from the reference; infinite is off
 * @param slack share by which a policy's held-out loss may exceed the lowest
 * @param patience evaluations in a row that were none of these, which end the run; 0 is off. A run
 *     may cross the budget and come back, as a young one often does
 * @param chosenLogRatioAlarm mean log-ratio per chosen token below which an alarm is raised
 * @param minLengthRatio expected answer length over the reference's, below which an alarm is raised
 * @param maxLengthRatio above which an alarm is raised
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

  /** What an operator should look at, though the run goes on. */
  public enum Alarm {
    CHOSEN_LOGPS_FALL,
    LENGTH_RATIO
  }

  /**
   * What to do after an evaluation.
   *
   * @param bestStep whose policy the run would give if it ended now
   * @param stop empty to go on
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

  /** Nothing ends a run early. */
  public static EarlyStopping off() {
    return new EarlyStopping(
        Double.POSITIVE_INFINITY, 0, 0, Double.NEGATIVE_INFINITY, 0, Double.POSITIVE_INFINITY);
  }

  /** Whether anything has to be looked at. */
  public boolean active() {
    return !equals(off());
  }

  /**
   * Judges a run by its evaluations so far, in their order, at least one. The same list gives the
   * same verdict, so a resumed run needs no other memory.
   */
  public Verdict judge(List<Evaluation> evaluations) {
    double lowest =
        evaluations.stream()
            .filter(this::withinBudget)
            .mapToDouble(evaluation -> evaluation.heldOut().loss())
            .min()
            .orElse(Double.NEGATIVE_INFINITY);
    Evaluation best =
        evaluations.reversed().stream()
            .filter(this::withinBudget)
            .filter(evaluation -> evaluation.heldOut().loss() <= lowest + slack * Math.abs(lowest))
            .findFirst()
            .orElse(evaluations.getFirst());
    return new Verdict(
        best.step(), stop(evaluations, best), alarms(evaluations.getLast().heldOut()));
  }

  private boolean withinBudget(Evaluation evaluation) {
    return evaluation.heldOut().kl() <= klBudget;
  }

  private Optional<StopReason> stop(List<Evaluation> evaluations, Evaluation best) {
    int since = evaluations.size() - 1 - evaluations.indexOf(best);
    if (patience == 0 || since < patience) {
      return Optional.empty();
    }
    boolean beyond = !withinBudget(evaluations.getLast());
    return Optional.of(beyond ? StopReason.KL_BUDGET : StopReason.HELD_OUT_DECLINE);
  }

  private Set<Alarm> alarms(PreferenceMetrics heldOut) {
    Set<Alarm> alarms = EnumSet.noneOf(Alarm.class);
    if (heldOut.chosenLogRatioPerToken() < chosenLogRatioAlarm) {
      alarms.add(Alarm.CHOSEN_LOGPS_FALL);
    }
    if (heldOut.lengthRatio() < minLengthRatio || heldOut.lengthRatio() > maxLengthRatio) {
      alarms.add(Alarm.LENGTH_RATIO);
    }
    return alarms;
  }
}
