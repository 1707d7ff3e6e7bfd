package dev.whetstone.rollout.gate;

import dev.whetstone.rollout.gate.GateEvidence.Answers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Holds what was measured against the limits, one row a criterion. A number on the wrong side of
 * its limit by less than its own uncertainty is inconclusive, and so is one on the right side where
 * the claim is "better than the champion".
 */
final class GateCriteria {
  /** One-sided 95 % of a normal distribution. */
  private static final double SURE = 1.645;

  private final GateLimits limits;

  GateCriteria(GateLimits limits) {
    this.limits = limits;
  }

  List<CriterionResult> rows(GateEvidence evidence) {
    List<CriterionResult> rows = new ArrayList<>();
    rows.add(accuracy(evidence.heldOut()));
    rows.add(margin(evidence.heldOut()));
    rows.add(kl(evidence.klPerAnswer()));
    rows.add(length(evidence.candidate(), evidence.champion()));
    rows.add(perplexity(evidence));
    rows.add(ended(evidence.candidate(), evidence.champion()));
    rows.add(empty(evidence.candidate(), evidence.champion()));
    evidence.export().ifPresent(export -> rows.add(export(export)));
    return List.copyOf(rows);
  }

  // v0 has a margin of zero on every pair, which is neither right nor wrong: half of them count.
  private CriterionResult accuracy(GateEvidence.HeldOut heldOut) {
    double[] candidate =
        Arrays.stream(heldOut.candidateMargins()).map(GateCriteria::right).toArray();
    double[] champion = Arrays.stream(heldOut.championMargins()).map(GateCriteria::right).toArray();
    MeanEstimate gain = MeanEstimate.of(differences(candidate, champion));
    double own = MeanEstimate.of(candidate).mean();
    String threshold =
        String.format(
            Locale.ROOT, "> %.3f, the champion's, or within a standard error", other(champion));
    if (gain.count() < limits.leastPairs()) {
      return open("held_out_accuracy", own, threshold);
    }
    // Where both rank nearly every pair rightly no gain is left to show: the margin then decides.
    return row(
        "held_out_accuracy",
        own,
        threshold,
        gain.mean() > 0 || gain.mean() >= -gain.error()
            ? GateVerdict.PASS
            : gain.mean() < -SURE * gain.error() ? GateVerdict.FAIL : GateVerdict.INCONCLUSIVE);
  }

  private CriterionResult margin(GateEvidence.HeldOut heldOut) {
    MeanEstimate gain =
        MeanEstimate.of(differences(heldOut.candidateMargins(), heldOut.championMargins()));
    String threshold =
        String.format(Locale.ROOT, "gain over the champion > 0 by %.2f standard errors", SURE);
    if (gain.count() < limits.leastPairs()) {
      return open("held_out_margin", gain.mean(), threshold);
    }
    double reach = SURE * gain.error();
    return row(
        "held_out_margin",
        gain.mean(),
        threshold,
        gain.mean() > reach
            ? GateVerdict.PASS
            : gain.mean() < -reach ? GateVerdict.FAIL : GateVerdict.INCONCLUSIVE);
  }

  private CriterionResult kl(double[] perAnswer) {
    MeanEstimate kl = MeanEstimate.of(perAnswer);
    return atMost("kl_to_reference", kl.mean(), kl.error(), limits.kl(), kl.count());
  }

  private CriterionResult length(Answers candidate, Answers champion) {
    MeanEstimate own = MeanEstimate.of(candidate.lengths());
    MeanEstimate other = MeanEstimate.of(champion.lengths());
    double ratio = own.mean() / other.mean();
    // delta method, both samples independent
    double error = ratio * Math.hypot(own.error() / own.mean(), other.error() / other.mean());
    String threshold =
        String.format(Locale.ROOT, "in [%.2f, %.2f]", limits.shortest(), limits.longest());
    if (own.count() < limits.leastAnswers() || !Double.isFinite(ratio)) {
      return open("length_ratio", ratio, threshold);
    }
    double outside = Math.max(limits.shortest() - ratio, ratio - limits.longest());
    return row("length_ratio", ratio, threshold, beyond(outside, error));
  }

  private CriterionResult perplexity(GateEvidence evidence) {
    double ratio = Math.exp(evidence.referenceCanaryLogp() - evidence.canaryLogp());
    String threshold =
        String.format(Locale.ROOT, "<= %.2f of the reference's", limits.perplexity());
    if (!Double.isFinite(ratio)) {
      return row("canary_perplexity", ratio, threshold, GateVerdict.FAIL);
    }
    return row("canary_perplexity", ratio, threshold, beyond(ratio - limits.perplexity(), 0));
  }

  private CriterionResult ended(Answers candidate, Answers champion) {
    double own = candidate.endedShare();
    double least = champion.endedShare() - limits.unended();
    String threshold =
        String.format(
            Locale.ROOT,
            ">= %.3f (champion's %.3f - %.3f)",
            least,
            champion.endedShare(),
            limits.unended());
    return share("ended_properly", own, threshold, least - own, candidate, champion.endedShare());
  }

  private CriterionResult empty(Answers candidate, Answers champion) {
    double own = candidate.emptyShare();
    double most = champion.emptyShare() + limits.empty();
    String threshold =
        String.format(
            Locale.ROOT,
            "<= %.3f (champion's %.3f + %.3f)",
            most,
            champion.emptyShare(),
            limits.empty());
    return share("empty_answers", own, threshold, own - most, candidate, champion.emptyShare());
  }

  private CriterionResult share(
      String name, double own, String threshold, double outside, Answers candidate, double other) {
    int n = candidate.lengths().length;
    if (n < limits.leastAnswers()) {
      return open(name, own, threshold);
    }
    double error = Math.sqrt((own * (1 - own) + other * (1 - other)) / n);
    return row(name, own, threshold, beyond(outside, error));
  }

  private CriterionResult export(GateEvidence.Export export) {
    return atMost(
        "export_difference", export.meanDifference(), 0, limits.export(), export.tokens());
  }

  private CriterionResult atMost(String name, double number, double error, double most, int count) {
    String threshold = String.format(Locale.ROOT, "<= %.3f", most);
    if (count < 1) {
      return open(name, number, threshold);
    }
    if (!Double.isFinite(number)) {
      return row(name, number, threshold, GateVerdict.FAIL);
    }
    return row(name, number, threshold, beyond(number - most, error));
  }

  /** Within the limit passes; beyond it by more than the uncertainty fails. */
  private static GateVerdict beyond(double outside, double error) {
    if (outside <= 0) {
      return GateVerdict.PASS;
    }
    return outside > SURE * error ? GateVerdict.FAIL : GateVerdict.INCONCLUSIVE;
  }

  private static double right(double margin) {
    return margin > 0 ? 1 : margin == 0 ? 0.5 : 0;
  }

  private static double other(double[] champion) {
    return MeanEstimate.of(champion).mean();
  }

  private static double[] differences(double[] left, double[] right) {
    double[] differences = new double[left.length];
    for (int i = 0; i < left.length; i++) {
      differences[i] = left[i] - right[i];
    }
    return differences;
  }

  private static CriterionResult open(String name, double number, String threshold) {
    return row(name, number, threshold + "; too few to tell", GateVerdict.INCONCLUSIVE);
  }

  private static CriterionResult row(
      String name, double number, String threshold, GateVerdict verdict) {
    return new CriterionResult(name, number, threshold, verdict);
  }
}
