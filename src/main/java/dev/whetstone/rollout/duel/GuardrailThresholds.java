package dev.whetstone.rollout.duel;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Bounds that a candidate must keep beside the champion while both serve. A rate raises its alarm
 * once it is above the champion's by more than the allowance and twice the standard error of the
 * difference, so that a few unlucky answers do not end a good candidate.
 *
 * @param least completions of each side before anything is judged
 * @param empty allowed excess of empty completions
 * @param unended allowed excess of completions cut off at the token limit
 * @param errors allowed excess of failed completions
 * @param length most that the mean length may be multiplied or divided by
 * @param latency most that the mean time of a token may be multiplied by, against pairs without the
 *     candidate: both sides of a pair are decoded in the same steps, so a slow one slows both
 */
public record GuardrailThresholds(
    int least, double empty, double unended, double errors, double length, double latency) {
  public GuardrailThresholds {
    if (least < 1 || !(empty >= 0 && unended >= 0 && errors >= 0)) {
      throw new IllegalArgumentException("allowances cannot be negative");
    }
    if (!(length >= 1 && latency >= 1)) {
      throw new IllegalArgumentException("length and latency bounds are factors of at least 1");
    }
  }

  /**
   * Every bound the candidate broke.
   *
   * @param champion beside it, in the same pairs
   * @param alone the champion in pairs without it; latency is judged once there are enough
   */
  public List<GuardrailViolation> alarms(
      ArmMetrics candidate, ArmMetrics champion, ArmMetrics alone) {
    if (Math.min(candidate.completions(), champion.completions()) < least) {
      return List.of();
    }
    List<GuardrailViolation> alarms = new ArrayList<>();
    rate(
        alarms,
        "empty_completions",
        candidate,
        candidate.empty(),
        champion,
        champion.empty(),
        empty);
    rate(
        alarms,
        "unended_completions",
        candidate,
        candidate.unended(),
        champion,
        champion.unended(),
        unended);
    rate(alarms, "error_rate", candidate, candidate.errors(), champion, champion.errors(), errors);
    ratio(alarms, "length_ratio", candidate.length(), champion.length(), 1 / length, length);
    if (alone.completions() >= least) {
      ratio(alarms, "latency_ratio", candidate.pace(), alone.pace(), 0, latency);
    }
    return List.copyOf(alarms);
  }

  private static void rate(
      List<GuardrailViolation> alarms,
      String name,
      ArmMetrics candidate,
      long candidates,
      ArmMetrics champion,
      long champions,
      double allowance) {
    double own = candidate.rate(candidates);
    double other = champion.rate(champions);
    double error =
        Math.sqrt(
            own * (1 - own) / candidate.completions()
                + other * (1 - other) / champion.completions());
    if (own - other - 2 * error > allowance) {
      alarms.add(
          new GuardrailViolation(
              name,
              own,
              String.format(
                  Locale.ROOT,
                  "<= %.3f (champion's %.3f + %.3f)",
                  other + allowance,
                  other,
                  allowance)));
    }
  }

  private static void ratio(
      List<GuardrailViolation> alarms,
      String name,
      double own,
      double other,
      double least,
      double most) {
    if (other > 0 && (own / other < least || own / other > most)) {
      alarms.add(
          new GuardrailViolation(
              name, own / other, String.format(Locale.ROOT, "in [%.2f, %.2f]", least, most)));
    }
  }
}
