package dev.whetstone.rollout.duel;

import static dev.whetstone.settings.Checks.require;

import dev.whetstone.rollout.evidence.SequentialBound;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * The guard-rails of a duel and of a watch, which end it when one version serves clearly worse than
 * the other. They are looked at every few seconds, so that each is a bound that holds at all times
 * ({@link SequentialBound}): a good candidate trips one of them in a hundred cases at most.
 *
 * @param minCompletions of each arm before anything is judged
 * @param minPaces of each arm before latency is judged
 * @param maxEmptyExcess allowance for the share of empty completions
 * @param maxTruncatedExcess allowance for the share of completions cut off at the token limit
 * @param maxErrorExcess allowance for the share of failed completions
 * @param maxLengthRatio largest factor between the mean lengths, either way
 * @param maxLatencyRatio largest ratio of the time of a token (its geometric mean) to the
 *     champion's in pairs without the candidate: both sides of a pair are decoded in the same
 *     steps, so a slow one slows both
 */
public record GuardrailThresholds(
    int minCompletions,
    int minPaces,
    double maxEmptyExcess,
    double maxTruncatedExcess,
    double maxErrorExcess,
    double maxLengthRatio,
    double maxLatencyRatio) {
  private static final double LEVEL = 0.01;

  public GuardrailThresholds {
    require(
        minCompletions >= 1
            && minPaces >= 2
            && maxEmptyExcess >= 0
            && maxTruncatedExcess >= 0
            && maxErrorExcess >= 0,
        "allowances must not be negative, completions at least 1 and paces at least 2");
    require(
        maxLengthRatio >= 1 && maxLatencyRatio >= 1,
        "length and latency bounds are factors of at least 1");
  }

  /** The guard-rails about answers that the candidate violates. */
  public List<GuardrailViolation> violations(ArmMetrics candidate, ArmMetrics champion) {
    if (Math.min(candidate.completions(), champion.completions()) < minCompletions) {
      return List.of();
    }
    List<GuardrailViolation> found = new ArrayList<>();
    checkRate(
        found, Guardrail.EMPTY_COMPLETIONS, ArmMetrics::empty, candidate, champion, maxEmptyExcess);
    checkRate(
        found,
        Guardrail.UNENDED_COMPLETIONS,
        ArmMetrics::truncated,
        candidate,
        champion,
        maxTruncatedExcess);
    checkRate(found, Guardrail.ERROR_RATE, ArmMetrics::errors, candidate, champion, maxErrorExcess);
    checkLength(found, candidate, champion);
    return List.copyOf(found);
  }

  /**
   * The guard-rail about latency; empty while it is kept or there are too few answers.
   *
   * @param alone the champion in pairs without the candidate
   */
  public List<GuardrailViolation> latency(ArmMetrics candidate, ArmMetrics alone) {
    ArmMetrics.Moments own = candidate.logPace();
    ArmMetrics.Moments other = alone.logPace();
    if (Math.min(own.count(), other.count()) < minPaces) {
      return List.of();
    }
    double error = Math.hypot(own.standardError(), other.standardError());
    double excess = own.mean() - other.mean();
    return excess - errors(own.count(), other.count()) * error > Math.log(maxLatencyRatio)
        ? List.of(
            new GuardrailViolation(
                Guardrail.LATENCY_RATIO,
                Math.exp(excess),
                String.format(Locale.ROOT, "in [0.00, %.2f]", maxLatencyRatio)))
        : List.of();
  }

  private static double errors(long one, long other) {
    return SequentialBound.standardErrors((double) Math.min(one, other), LEVEL);
  }

  private static void checkRate(
      List<GuardrailViolation> found,
      Guardrail guardrail,
      ToLongFunction<ArmMetrics> count,
      ArmMetrics candidate,
      ArmMetrics champion,
      double allowance) {
    double own = share(count.applyAsLong(candidate), candidate.completions());
    double other = share(count.applyAsLong(champion), champion.completions());
    double error =
        Math.sqrt(
            variance(count.applyAsLong(candidate), candidate.completions())
                + variance(count.applyAsLong(champion), champion.completions()));
    if (own - other - errors(candidate.completions(), champion.completions()) * error > allowance) {
      found.add(
          new GuardrailViolation(
              guardrail,
              own,
              String.format(
                  Locale.ROOT,
                  "<= %.3f (champion's %.3f + %.3f)",
                  other + allowance,
                  other,
                  allowance)));
    }
  }

  private static double share(long hits, long count) {
    return (double) hits / count;
  }

  // With one hit and one miss added, so that none of a few is not taken for certainty.
  private static double variance(long hits, long count) {
    double share = (hits + 1.0) / (count + 2.0);
    return share * (1 - share) / count;
  }

  private void checkLength(
      List<GuardrailViolation> found, ArmMetrics candidate, ArmMetrics champion) {
    ArmMetrics.Moments own = candidate.length();
    ArmMetrics.Moments other = champion.length();
    if (own.mean() <= 0 || other.mean() <= 0) {
      return;
    }
    // Delta method for the logarithm of a ratio.
    double error =
        Math.hypot(own.standardError() / own.mean(), other.standardError() / other.mean());
    double log = Math.log(own.mean() / other.mean());
    if (Math.abs(log) - errors(own.count(), other.count()) * error > Math.log(maxLengthRatio)) {
      found.add(
          new GuardrailViolation(
              Guardrail.LENGTH_RATIO,
              Math.exp(log),
              String.format(Locale.ROOT, "in [%.2f, %.2f]", 1 / maxLengthRatio, maxLengthRatio)));
    }
  }
}
