package dev.whetstone.rollout.gate;

import static dev.whetstone.dpo.loss.Logistic.logSigma;

import dev.whetstone.dpo.evaluation.ClusteredMean;
import dev.whetstone.dpo.evaluation.KlBudget;
import dev.whetstone.rollout.gate.GateEvidence.Answers;
import dev.whetstone.rollout.gate.GateEvidence.Margins;
import dev.whetstone.rollout.gate.GateSubject.Proof;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The criteria of the gate, in the order they are reported. The gate is a check for harm: what is
 * clearly worse fails, what is unclear is inconclusive and goes on.
 *
 * <ul>
 *   <li>{@code quality}: mean log sigma of the reward margins on the gate part, less the
 *       champion's; fails if below zero by a one-sided t test at 5 %, clustered by conversation and
 *       voter. Shown alone in the automatic mode, which looks again and again
 *   <li>{@code held_out_accuracy}, {@code held_out_margin}: shown, not judged. The margin grows
 *       with KL and accuracy follows the win rate near the reference only (Chen et al. 2024)
 *   <li>{@code automatic_evidence}: in the automatic mode, the e-value against "it predicts votes
 *       no better than the champion"; fails if that against "it predicts them no worse" reaches 20
 *   <li>{@code kl_to_reference}: nats per answer, within the champion's plus a step, and within an
 *       absolute limit unless the champion is beyond it
 *   <li>{@code length_ratio}: mean length of the answers by the champion's, within two bounds that
 *       what users chose may widen
 *   <li>{@code canary_perplexity}: of a probe text, by the champion's, where the base reads it
 *       sanely
 *   <li>{@code ended_properly}, {@code empty_answers}: shares, not far from the champion's
 *   <li>{@code export_difference}: engine against trainer; only for versions that were trained here
 *   <li>{@code operator_checks}: breaks no more of the operator's checks than the champion
 * </ul>
 */
final class GateCriteria {
  /** One-sided 95 % quantile of the normal distribution. */
  private static final double Z_95 = 1.645;

  private static final double LEVEL = 0.05;
  private static final int MIN_CONVERSATIONS = 20;

  private final GateLimits limits;

  GateCriteria(GateLimits limits) {
    this.limits = limits;
  }

  /**
   * Judges the measurements.
   *
   * @param proof the automatic mode's evidence; null in the other modes
   */
  List<CriterionResult> evaluate(GateEvidence evidence, @Nullable Proof proof) {
    List<CriterionResult> rows = new ArrayList<>();
    rows.add(quality(evidence.margins(), proof == null));
    rows.add(accuracy(evidence.margins()));
    rows.add(margin(evidence.margins()));
    if (proof != null) {
      rows.add(automatic(proof));
    }
    rows.add(kl(evidence.kl()));
    rows.add(length(evidence));
    rows.add(perplexity(evidence.probe()));
    rows.add(stopped(evidence.candidate(), evidence.champion()));
    rows.add(empty(evidence.candidate(), evidence.champion()));
    evidence.exportDifference().ifPresent(export -> rows.add(export(export)));
    if (evidence.checks() != null) {
      rows.add(checks(evidence.checks()));
    }
    return List.copyOf(rows);
  }

  private CriterionResult quality(Margins margins, boolean judged) {
    ClusteredMean gain = gain(margins);
    String measured =
        String.format(
            Locale.ROOT,
            "standard error %.4f, %d votes, %d clusters",
            gain.standardError(),
            gain.count(),
            gain.clusters());
    if (!judged) {
      return result(Criterion.QUALITY, gain.mean(), "shown; " + measured, GateVerdict.PASS);
    }
    String threshold = "not below 0 by a t test at 5 %% (%s)".formatted(measured);
    if (gain.clusters() < limits.minClusters()) {
      return tooFew(Criterion.QUALITY, gain.mean(), threshold);
    }
    return result(
        Criterion.QUALITY,
        gain.mean(),
        threshold,
        gain.isBelowZero(LEVEL) ? GateVerdict.FAIL : GateVerdict.PASS);
  }

  private ClusteredMean gain(Margins margins) {
    double[] gains = new double[margins.candidate().length];
    for (int i = 0; i < gains.length; i++) {
      gains[i] =
          logSigma(limits.beta() * margins.candidate()[i])
              - logSigma(limits.beta() * margins.champion()[i]);
    }
    return ClusteredMean.of(gains, margins.conversations(), margins.voters());
  }

  // v0 has a margin of zero on every pair, which is neither right nor wrong: each counts a half.
  private static CriterionResult accuracy(Margins margins) {
    double own = mean(margins.candidate(), GateCriteria::ranksRight);
    double other = mean(margins.champion(), GateCriteria::ranksRight);
    return shown(Criterion.HELD_OUT_ACCURACY, own, "shown; the champion's is %.3f", other);
  }

  private CriterionResult margin(Margins margins) {
    double own = mean(margins.candidate(), margin -> limits.beta() * margin);
    double other = mean(margins.champion(), margin -> limits.beta() * margin);
    return shown(Criterion.HELD_OUT_MARGIN, own, "shown; the champion's is %.3f", other);
  }

  static CriterionResult automatic(Proof proof) {
    if (proof.mirrored() >= 1 / LEVEL) {
      return result(
          Criterion.AUTOMATIC_EVIDENCE,
          proof.eValue(),
          String.format(Locale.ROOT, "it predicts worse, e-value %.1f", proof.mirrored()),
          GateVerdict.FAIL);
    }
    String needed =
        String.format(
            Locale.ROOT,
            ">= %.0f with %d conversations or more (%d)",
            proof.threshold(),
            MIN_CONVERSATIONS,
            proof.conversations());
    return result(
        Criterion.AUTOMATIC_EVIDENCE,
        proof.eValue(),
        needed,
        proof.eValue() >= proof.threshold() && proof.conversations() >= MIN_CONVERSATIONS
            ? GateVerdict.PASS
            : GateVerdict.INCONCLUSIVE);
  }

  private CriterionResult kl(GateEvidence.Kl kl) {
    double limit = new KlBudget(limits.maxKlStep(), limits.maxKl()).limit(kl.champion());
    String threshold =
        String.format(
            Locale.ROOT, "<= %.2f (champion's %.2f; %s)", limit, kl.champion(), kl.source());
    if (kl.isUnknown()) {
      return tooFew(Criterion.KL_TO_REFERENCE, kl.candidate(), threshold);
    }
    if (!Double.isFinite(kl.candidate()) || (kl.tailPValue() < LEVEL && limits.maxKl() < 1e6)) {
      return result(
          Criterion.KL_TO_REFERENCE,
          kl.candidate(),
          threshold + "; too many answers beyond 30 nats",
          GateVerdict.FAIL);
    }
    return result(
        Criterion.KL_TO_REFERENCE,
        kl.candidate(),
        threshold,
        upTo(kl.candidate() - limit, kl.standardError()));
  }

  private CriterionResult length(GateEvidence evidence) {
    MeanEstimate own = MeanEstimate.of(evidence.candidate().lengths());
    MeanEstimate other = MeanEstimate.of(evidence.champion().lengths());
    double ratio = own.mean() / other.mean();
    // A taste for short or long answers is a taste.
    double min = Math.min(limits.minLengthRatio(), evidence.chosenLengths().low() / other.mean());
    double max = Math.max(limits.maxLengthRatio(), evidence.chosenLengths().high() / other.mean());
    // Delta method for a ratio; the two samples are independent.
    double error =
        ratio * Math.hypot(own.standardError() / own.mean(), other.standardError() / other.mean());
    String threshold = String.format(Locale.ROOT, "in [%.2f, %.2f]", min, max);
    if (own.count() < limits.minAnswers() || !Double.isFinite(ratio)) {
      return tooFew(Criterion.LENGTH_RATIO, ratio, threshold);
    }
    return result(
        Criterion.LENGTH_RATIO, ratio, threshold, upTo(Math.max(min - ratio, ratio - max), error));
  }

  private CriterionResult perplexity(GateEvidence.Probe probe) {
    double base = Math.exp(-probe.reference());
    double ratio = Math.exp(probe.champion() - probe.candidate());
    if (!(base <= limits.sanePerplexity())) {
      return shown(
          Criterion.CANARY_PERPLEXITY,
          ratio,
          "not judged: the base reads the text with %.0f",
          base);
    }
    String threshold = String.format(Locale.ROOT, "<= %.3f", limits.maxPerplexityRatio());
    return result(
        Criterion.CANARY_PERPLEXITY,
        ratio,
        threshold,
        ratio <= limits.maxPerplexityRatio() ? GateVerdict.PASS : GateVerdict.FAIL);
  }

  private CriterionResult stopped(Answers candidate, Answers champion) {
    double excess = limits.maxTruncatedExcess();
    double least = champion.stoppedShare() - excess;
    return share(
        Criterion.ENDED_PROPERLY,
        candidate.stoppedShare(),
        threshold(">=", least, champion.stoppedShare(), "-", excess),
        least - candidate.stoppedShare(),
        candidate,
        champion.stoppedShare());
  }

  private CriterionResult empty(Answers candidate, Answers champion) {
    double excess = limits.maxEmptyExcess();
    double most = champion.emptyShare() + excess;
    return share(
        Criterion.EMPTY_ANSWERS,
        candidate.emptyShare(),
        threshold("<=", most, champion.emptyShare(), "+", excess),
        candidate.emptyShare() - most,
        candidate,
        champion.emptyShare());
  }

  private static String threshold(
      String relation, double bound, double champion, String sign, double excess) {
    return String.format(
        Locale.ROOT, "%s %.3f (champion's %.3f %s %.3f)", relation, bound, champion, sign, excess);
  }

  private CriterionResult share(
      Criterion criterion,
      double own,
      String threshold,
      double outside,
      Answers candidate,
      double other) {
    int n = candidate.lengths().length;
    if (n < limits.minAnswers()) {
      return tooFew(criterion, own, threshold);
    }
    double error = Math.sqrt((own * (1 - own) + other * (1 - other)) / n);
    return result(criterion, own, threshold, upTo(outside, error));
  }

  private CriterionResult export(GateEvidence.ExportDifference export) {
    String threshold = String.format(Locale.ROOT, "<= %.3f", limits.maxExportDifference());
    return result(
        Criterion.EXPORT_DIFFERENCE,
        export.mean(),
        threshold,
        export.mean() <= limits.maxExportDifference() ? GateVerdict.PASS : GateVerdict.FAIL);
  }

  private static CriterionResult checks(GateEvidence.BrokenChecks checks) {
    int own = checks.candidate().size();
    int other = checks.champion().size();
    String threshold =
        "<= %d, the champion's%s"
            .formatted(other, own == 0 ? "" : "; broken: " + String.join(", ", checks.candidate()));
    return result(
        Criterion.OPERATOR_CHECKS,
        own,
        threshold,
        own <= other ? GateVerdict.PASS : GateVerdict.FAIL);
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

  private static double mean(double[] values, DoubleUnaryOperator function) {
    return MeanEstimate.of(Arrays.stream(values).map(function).toArray()).mean();
  }

  private static CriterionResult shown(Criterion criterion, double own, String text, double other) {
    return result(criterion, own, String.format(Locale.ROOT, text, other), GateVerdict.PASS);
  }

  private static CriterionResult tooFew(Criterion criterion, double number, String threshold) {
    return result(criterion, number, threshold + "; too few to tell", GateVerdict.INCONCLUSIVE);
  }

  private static CriterionResult result(
      Criterion criterion, double number, String threshold, GateVerdict verdict) {
    return new CriterionResult(criterion, number, threshold, verdict);
  }
}
