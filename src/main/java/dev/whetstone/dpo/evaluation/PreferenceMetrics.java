package dev.whetstone.dpo.evaluation;

import dev.whetstone.dpo.loss.Logistic;
import dev.whetstone.dpo.loss.LossResult;
import dev.whetstone.dpo.loss.LossResult.PairOutcome;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.dpo.loss.PairLogps.Completion;
import dev.whetstone.settings.Checks;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * The metrics of a policy on a set of pairs: TRL's, and those that early stopping needs. Each is a
 * mean over pairs unless it says otherwise; log-probs and rewards are sums over a completion's
 * tokens.
 *
 * @param rewardsChosen β (log π − log π_ref) of chosen completions
 * @param rewardsRejected the same of rejected ones
 * @param accuracy share of pairs whose chosen reward is strictly the higher one
 * @param margin chosen less rejected reward
 * @param logpsChosen log π of chosen completions, in nats
 * @param logpsRejected the same of rejected ones
 * @param chosenLogRatioPerToken mean of (log π − log π_ref) over all chosen tokens, in nats a
 *     token; it falls when a run makes even the chosen answers unlikely
 * @param kl KL(π ‖ π_ref) in nats an answer. Of validation pairs it is measured on answers that the
 *     policy writes, see {@code OnPolicyKlEstimator}; of others it is estimated, see {@link #of}
 * @param lengthRatio expected tokens of an answer under the policy, divided by those under the
 *     reference
 * @param klAnswers number of answers that the KL was measured on; 0 where it is estimated
 * @param klBeyond how many of them lie beyond {@link KlEstimate#TAIL_NATS}
 */
public record PreferenceMetrics(
    double loss,
    double rewardsChosen,
    double rewardsRejected,
    double accuracy,
    double margin,
    double logpsChosen,
    double logpsRejected,
    double chosenLogRatioPerToken,
    double kl,
    double lengthRatio,
    int klAnswers,
    int klBeyond) {

  /**
   * The metrics of a batch.
   *
   * <p>KL(π ‖ π_ref) is an expectation over answers that the policy writes, but other policies
   * wrote the answers of the pairs. They are therefore weighted by their ratios π/π_ref, normalised
   * in two ways: within each pair, which counts all prompts equally and errs upwards where the
   * policy would write neither answer, and over all answers, which errs downwards. The estimate is
   * the mean of the two. Lengths are weighted within pairs.
   *
   * @throws IllegalArgumentException for no pairs
   */
  public static PreferenceMetrics of(LossResult result) {
    List<PairOutcome> pairs = result.pairs();
    Checks.require(!pairs.isEmpty(), "no pairs to measure");
    double chosenTokens = pairs.stream().mapToInt(p -> p.logps().chosen().length()).sum();
    double chosenRatio = pairs.stream().mapToDouble(p -> p.logps().chosen().logRatio()).sum();
    return new PreferenceMetrics(
        result.loss(),
        mean(pairs, PairOutcome::chosenReward),
        mean(pairs, PairOutcome::rejectedReward),
        mean(pairs, p -> p.margin() > 0 ? 1 : 0),
        mean(pairs, PairOutcome::margin),
        mean(pairs, PairOutcome::chosenLogp),
        mean(pairs, PairOutcome::rejectedLogp),
        chosenRatio / chosenTokens,
        kl(pairs),
        mean(pairs, p -> underPolicy(p.logps(), Completion::length))
            / mean(pairs, p -> meanLength(p.logps())),
        0,
        0);
  }

  /** The KL that was measured. */
  public KlEstimate klEstimate() {
    return new KlEstimate(kl, klAnswers, klBeyond);
  }

  /** The same metrics with a measured KL. */
  public PreferenceMetrics withKl(KlEstimate measured) {
    return new PreferenceMetrics(
        loss,
        rewardsChosen,
        rewardsRejected,
        accuracy,
        margin,
        logpsChosen,
        logpsRejected,
        chosenLogRatioPerToken,
        measured.mean(),
        lengthRatio,
        measured.answers(),
        measured.beyond());
  }

  private static double mean(List<PairOutcome> pairs, ToDoubleFunction<PairOutcome> value) {
    return pairs.stream().mapToDouble(value).average().orElseThrow();
  }

  private static double kl(List<PairOutcome> pairs) {
    double withinPairs = mean(pairs, p -> underPolicy(p.logps(), Completion::klEstimate));
    List<Completion> answers =
        pairs.stream().flatMap(p -> Stream.of(p.logps().chosen(), p.logps().rejected())).toList();
    double maxLogRatio = answers.stream().mapToDouble(Completion::logRatio).max().orElseThrow();
    double weighted = 0;
    double weights = 0;
    for (Completion answer : answers) {
      double weight = Math.exp(answer.logRatio() - maxLogRatio);
      weighted += weight * answer.klEstimate();
      weights += weight;
    }
    return (withinPairs + weighted / weights) / 2;
  }

  private static double underPolicy(PairLogps pair, ToDoubleFunction<Completion> value) {
    double chosen = Logistic.sigma(pair.chosen().logRatio() - pair.rejected().logRatio());
    return chosen * value.applyAsDouble(pair.chosen())
        + (1 - chosen) * value.applyAsDouble(pair.rejected());
  }

  private static double meanLength(PairLogps pair) {
    return (pair.chosen().length() + pair.rejected().length()) / 2.0;
  }

  /** The metrics by TRL's names, in TRL's order. */
  public Map<String, Double> toMap() {
    Map<String, Double> named = new LinkedHashMap<>();
    named.put("loss", loss);
    named.put("rewards/chosen", rewardsChosen);
    named.put("rewards/rejected", rewardsRejected);
    named.put("rewards/accuracies", accuracy);
    named.put("rewards/margins", margin);
    named.put("logps/chosen", logpsChosen);
    named.put("logps/rejected", logpsRejected);
    named.put("log_ratio/chosen_per_token", chosenLogRatioPerToken);
    named.put("kl", kl);
    named.put("length_ratio", lengthRatio);
    if (klAnswers > 0) {
      named.put("kl_tail", klEstimate().tailShare());
    }
    return named;
  }
}
