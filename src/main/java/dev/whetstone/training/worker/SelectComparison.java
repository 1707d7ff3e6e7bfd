package dev.whetstone.training.worker;

import dev.whetstone.dpo.TrainingOutcome;
import dev.whetstone.dpo.evaluation.ClusteredMean;
import dev.whetstone.dpo.loss.Logistic;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.preference.TrainingVote;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How much better a run's result predicts the votes of the select part than the champion does: the
 * mean of log σ(β margin) of the one less that of the other.
 *
 * @param gain with its standard error, clustered by conversation and voter
 * @param scale that the result was multiplied by
 * @param kl of the result, null without select pairs
 * @param championKl of the champion
 */
record SelectComparison(ClusteredMean gain, double scale, @Nullable Double kl, double championKl) {
  static SelectComparison of(List<TrainingVote> votes, TrainingOutcome outcome, double beta) {
    Map<String, TrainingVote> byId =
        votes.stream().collect(Collectors.toMap(TrainingVote::preferenceId, Function.identity()));
    Map<String, PairLogps> champion =
        outcome.championValidation().stream()
            .collect(Collectors.toMap(PairLogps::id, Function.identity()));
    List<Double> gains = new ArrayList<>();
    List<String> conversations = new ArrayList<>();
    List<String> voters = new ArrayList<>();
    for (PairLogps pair : outcome.validation()) {
      TrainingVote vote = byId.get(pair.id());
      PairLogps before = champion.get(pair.id());
      // The base is no champion of its own: its margins are zero.
      double old = before == null ? Math.log(0.5) : score(before, beta);
      if (vote != null) {
        gains.add(score(pair, beta) - old);
        conversations.add(vote.conversation());
        voters.add(vote.voter());
      }
    }
    return new SelectComparison(
        ClusteredMean.of(
            gains.stream().mapToDouble(Double::doubleValue).toArray(), conversations, voters),
        outcome.scale(),
        outcome.metrics() == null ? null : outcome.metrics().kl(),
        outcome.championKl().mean());
  }

  private static double score(PairLogps pair, double beta) {
    return Logistic.logSigma(beta * (pair.chosen().logRatio() - pair.rejected().logRatio()));
  }

  /**
   * The numbers by the names that a run's metrics have.
   *
   * @param champion version that was compared with
   * @param edits number of pairs that the run trained on and a person had written one side of
   */
  Map<String, @Nullable Object> toMap(String champion, long edits) {
    Map<String, @Nullable Object> named = new LinkedHashMap<>();
    named.put("champion", champion);
    named.put("edits", edits);
    named.put("select_pairs", gain.count());
    named.put("select_clusters", gain.clusters());
    if (gain.count() > 0) {
      named.put("select_gain", gain.mean());
      if (Double.isFinite(gain.standardError())) {
        named.put("select_gain_se", gain.standardError());
      }
    }
    named.put("champion_kl", championKl);
    named.put("policy_kl", kl);
    named.put("policy_scale", scale);
    return named;
  }

  @Override
  public String toString() {
    return gain.count() == 0
        ? "no select pairs"
        : "select gain %.4f (standard error %.4f, %d pairs), KL %s beside %.2f"
            .formatted(
                gain.mean(),
                gain.standardError(),
                gain.count(),
                kl == null ? "-" : "%.2f".formatted(kl),
                championKl);
  }
}
