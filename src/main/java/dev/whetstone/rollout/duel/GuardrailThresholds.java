package dev.whetstone.rollout.duel;

import static dev.whetstone.settings.Checks.require;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * The guard-rails of a duel, which end it when the candidate serves clearly worse than the
 * champion. A share is a violation once it exceeds the champion's by more than the allowance plus
 * twice the standard error of the difference, so that a few unlucky answers do not end a good
 * candidate.
 *
 * @param minCompletions of each arm before anything is judged
 * @param maxEmptyExcess allowance for the share of empty completions
 * @param maxTruncatedExcess allowance for the share of completions cut off at the token limit
 * @param maxErrorExcess allowance for the share of failed completions
 * @param maxLengthRatio largest factor between the mean lengths, either way
 * @param maxLatencyRatio largest ratio of the mean time of a token to the champion's in pairs
 *     without the candidate: both sides of a pair are decoded in the same steps, so a slow one
 *     slows both
 */
public record GuardrailThresholds(
    int minCompletions,
    double maxEmptyExcess,
    double maxTruncatedExcess,
    double maxErrorExcess,
    double maxLengthRatio,
    double maxLatencyRatio) {
  public GuardrailThresholds {
    require(
        minCompletions >= 1
            && maxEmptyExcess >= 0
            && maxTruncatedExcess >= 0
            && maxErrorExcess >= 0,
        "allowances must not be negative, and completions at least 1");
    require(
        maxLengthRatio >= 1 && maxLatencyRatio >= 1,
        "length and latency bounds are factors of at least 1");
  }

  /**
   * The guard-rails that the candidate violates.
   *
   * @param champion in pairs with the candidate
   * @param alone the champion in pairs without the candidate; latency is judged once there are
   *     enough of them
   */
  public List<GuardrailViolation> violations(
      ArmMetrics candidate, ArmMetrics champion, ArmMetrics alone) {
    if (Math.min(candidate.completions(), champion.completions()) < minCompletions) {
      return List.of();
    }
    List<GuardrailViolation> found = new ArrayList<>();
    checkRate(found, "empty_completions", ArmMetrics::empty, candidate, champion, maxEmptyExcess);
    checkRate(
        found,
        "unended_completions",
        ArmMetrics::truncated,
        candidate,
        champion,
        maxTruncatedExcess);
    checkRate(found, "error_rate", ArmMetrics::errors, candidate, champion, maxErrorExcess);
    checkRatio(
        found,
        "length_ratio",
        candidate.tokensPerCompletion(),
        champion.tokensPerCompletion(),
        1 / maxLengthRatio,
        maxLengthRatio);
    if (alone.completions() >= minCompletions) {
      checkRatio(
          found,
          "latency_ratio",
          candidate.secondsPerToken(),
          alone.secondsPerToken(),
          0,
          maxLatencyRatio);
    }
    return List.copyOf(found);
  }

  private static void checkRate(
      List<GuardrailViolation> found,
      String name,
      ToLongFunction<ArmMetrics> count,
      ArmMetrics candidate,
      ArmMetrics champion,
      double allowance) {
    double own = candidate.share(count.applyAsLong(candidate));
    double other = champion.share(count.applyAsLong(champion));
    double error =
        Math.sqrt(
            own * (1 - own) / candidate.completions()
                + other * (1 - other) / champion.completions());
    if (own - other - 2 * error > allowance) {
      found.add(
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

  private static void checkRatio(
      List<GuardrailViolation> found,
      String name,
      double own,
      double other,
      double min,
      double max) {
    if (other > 0 && (own / other < min || own / other > max)) {
      found.add(
          new GuardrailViolation(
              name, own / other, String.format(Locale.ROOT, "in [%.2f, %.2f]", min, max)));
    }
  }
}
