package dev.whetstone.rollout.gate;

import dev.whetstone.rollout.gate.GateEvidence.Answers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The criteria of the gate, in the order they are reported. Each passes, fails or is inconclusive:
 *
 * <ul>
 *   <li>{@code held_out_accuracy}: share of validation pairs ranked right, at most a standard error
 *       below the champion's
 *   <li>{@code held_out_margin}: mean reward margin on these pairs, significantly above the
 *       champion's
 *   <li>{@code kl_to_reference}: nats per sampled answer, at most {@link GateLimits#maxKl}
 *   <li>{@code length_ratio}: mean length of the answers by the champion's, within two bounds
 *   <li>{@code canary_perplexity}: of a probe text, by the reference's, at most a bound
 *   <li>{@code ended_properly}: share of answers that end by themselves, not far below the
 *       champion's
 *   <li>{@code empty_answers}: share of answers without text, not far above the champion's
 *   <li>{@code export_difference}: engine against trainer, at most a bound; only for versions that
 *       were trained here
 * </ul>
 *
 * A value beyond its limit by less than its uncertainty is inconclusive, and so is a gain over the
 * champion that is not significant.
 */
final class GateCriteria {
  /** One-sided 95 % quantile of the normal distribution. */
  private static final double Z_95 = 1.645;

  private final GateLimits limits;

  GateCriteria(GateLimits limits) {
    this.limits = limits;
  }

  List<CriterionResult> evaluate(GateEvidence evidence) {
    List<CriterionResult> rows = new ArrayList<>();
    rows.add(accuracy(evidence.validation()));
    rows.add(margin(evidence.validation()));
    rows.add(kl(evidence.klPerAnswer()));
    rows.add(length(evidence.candidate(), evidence.champion()));
    rows.add(perplexity(evidence));
    rows.add(stopped(evidence.candidate(), evidence.champion()));
    rows.add(empty(evidence.candidate(), evidence.champion()));
    evidence.exportDifference().ifPresent(export -> rows.add(export(export)));
    return List.copyOf(rows);
  }

  // v0 has a margin of zero on every pair, which is neither right nor wrong: each counts a half.
  private CriterionResult accuracy(GateEvidence.ValidationMargins validation) {
    double[] candidate =
        Arrays.stream(validation.candidateMargins()).map(GateCriteria::ranksRight).toArray();
    double[] champion =
        Arrays.stream(validation.championMargins()).map(GateCriteria::ranksRight).toArray();
    MeanEstimate gain = MeanEstimate.of(differences(candidate, champion));
    double accuracy = MeanEstimate.of(candidate).mean();
    String threshold =
        String.format(
            Locale.ROOT, "> %.3f, the champion's, or within a standard error", mean(champion));
    if (gain.count() < limits.minPairs()) {
      return tooFew("held_out_accuracy", accuracy, threshold);
    }
    // Where both rank nearly every pair right, no gain is left to show: the margin decides then.
    return result(
        "held_out_accuracy",
        accuracy,
        threshold,
        gain.mean() > 0 || gain.mean() >= -gain.standardError()
            ? GateVerdict.PASS
            : gain.mean() < -Z_95 * gain.standardError()
                ? GateVerdict.FAIL
                : GateVerdict.INCONCLUSIVE);
  }

  private CriterionResult margin(GateEvidence.ValidationMargins validation) {
    MeanEstimate gain =
        MeanEstimate.of(differences(validation.candidateMargins(), validation.championMargins()));
    String threshold =
        String.format(Locale.ROOT, "gain over the champion > 0 by %.2f standard errors", Z_95);
    if (gain.count() < limits.minPairs()) {
      return tooFew("held_out_margin", gain.mean(), threshold);
    }
    double significant = Z_95 * gain.standardError();
    return result(
        "held_out_margin",
        gain.mean(),
        threshold,
        gain.mean() > significant
            ? GateVerdict.PASS
            : gain.mean() < -significant ? GateVerdict.FAIL : GateVerdict.INCONCLUSIVE);
  }

  private CriterionResult kl(double[] perAnswer) {
    MeanEstimate kl = MeanEstimate.of(perAnswer);
    return atMost("kl_to_reference", kl.mean(), kl.standardError(), limits.maxKl(), kl.count());
  }

  private CriterionResult length(Answers candidate, Answers champion) {
    MeanEstimate own = MeanEstimate.of(candidate.lengths());
    MeanEstimate other = MeanEstimate.of(champion.lengths());
    double ratio = own.mean() / other.mean();
    // Delta method for a ratio; the two samples are independent.
    double error =
        ratio * Math.hypot(own.standardError() / own.mean(), other.standardError() / other.mean());
    String threshold =
        String.format(
            Locale.ROOT, "in [%.2f, %.2f]", limits.minLengthRatio(), limits.maxLengthRatio());
    if (own.count() < limits.minAnswers() || !Double.isFinite(ratio)) {
      return tooFew("length_ratio", ratio, threshold);
    }
    double outside = Math.max(limits.minLengthRatio() - ratio, ratio - limits.maxLengthRatio());
    return result("length_ratio", ratio, threshold, upTo(outside, error));
  }

  private CriterionResult perplexity(GateEvidence evidence) {
    double ratio = Math.exp(evidence.referenceProbeLogProb() - evidence.probeLogProb());
    String threshold =
        String.format(Locale.ROOT, "<= %.2f of the reference's", limits.maxPerplexityRatio());
    if (!Double.isFinite(ratio)) {
      return result("canary_perplexity", ratio, threshold, GateVerdict.FAIL);
    }
    return result(
        "canary_perplexity", ratio, threshold, upTo(ratio - limits.maxPerplexityRatio(), 0));
  }

  private CriterionResult stopped(Answers candidate, Answers champion) {
    double own = candidate.stoppedShare();
    double min = champion.stoppedShare() - limits.maxTruncatedExcess();
    String threshold =
        String.format(
            Locale.ROOT,
            ">= %.3f (champion's %.3f - %.3f)",
            min,
            champion.stoppedShare(),
            limits.maxTruncatedExcess());
    return share("ended_properly", own, threshold, min - own, candidate, champion.stoppedShare());
  }

  private CriterionResult empty(Answers candidate, Answers champion) {
    double own = candidate.emptyShare();
    double max = champion.emptyShare() + limits.maxEmptyExcess();
    String threshold =
        String.format(
            Locale.ROOT,
            "<= %.3f (champion's %.3f + %.3f)",
            max,
            champion.emptyShare(),
            limits.maxEmptyExcess());
    return share("empty_answers", own, threshold, own - max, candidate, champion.emptyShare());
  }

  private CriterionResult share(
      String name, double own, String threshold, double outside, Answers candidate, double other) {
    int n = candidate.lengths().length;
    if (n < limits.minAnswers()) {
      return tooFew(name, own, threshold);
    }
    double error = Math.sqrt((own * (1 - own) + other * (1 - other)) / n);
    return result(name, own, threshold, upTo(outside, error));
  }

  private CriterionResult export(GateEvidence.ExportDifference export) {
    return atMost(
        "export_difference", export.mean(), 0, limits.maxExportDifference(), export.tokens());
  }

  private CriterionResult atMost(String name, double number, double error, double max, int count) {
    String threshold = String.format(Locale.ROOT, "<= %.3f", max);
    if (count < 1) {
      return tooFew(name, number, threshold);
    }
    if (!Double.isFinite(number)) {
      return result(name, number, threshold, GateVerdict.FAIL);
    }
    return result(name, number, threshold, upTo(number - max, error));
  }

  /** Passes within the limit; fails beyond it by more than the uncertainty. */
  private static GateVerdict upTo(double outside, double error) {
    if (outside <= 0) {
      return GateVerdict.PASS;
    }
    return outside > Z_95 * error ? GateVerdict.FAIL : GateVerdict.INCONCLUSIVE;
  }

  private static double ranksRight(double margin) {
    return margin > 0 ? 1 : margin == 0 ? 0.5 : 0;
  }

  private static double mean(double[] champion) {
    return MeanEstimate.of(champion).mean();
  }

  private static double[] differences(double[] left, double[] right) {
    double[] differences = new double[left.length];
    for (int i = 0; i < left.length; i++) {
      differences[i] = left[i] - right[i];
    }
    return differences;
  }

  private static CriterionResult tooFew(String name, double number, String threshold) {
    return result(name, number, threshold + "; too few to tell", GateVerdict.INCONCLUSIVE);
  }

  private static CriterionResult result(
      String name, double number, String threshold, GateVerdict verdict) {
    return new CriterionResult(name, number, threshold, verdict);
  }
}
