package dev.whetstone.dpo.evaluation;

import dev.whetstone.dpo.loss.UnpairedLoss;
import dev.whetstone.dpo.loss.UnpairedLoss.Outcome;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The metrics of a batch's ratings by TRL's names. Those of one side are NaN where the batch has no
 * rating of it.
 *
 * @param loss the ratings' share of the batch's loss
 * @param kl z0: KTO's reference point, in nats
 * @param rewardsChosen mean β (log π − log π_ref) of completions that were rated good
 * @param rewardsRejected the same of those that were rated bad
 * @param logpsChosen mean log π of completions that were rated good, in nats
 * @param logpsRejected the same of those that were rated bad
 */
public record RatingMetrics(
    double loss,
    double kl,
    double rewardsChosen,
    double rewardsRejected,
    double logpsChosen,
    double logpsRejected) {

  /** The metrics of a batch's ratings. */
  public static RatingMetrics of(UnpairedLoss.Result result, double kl) {
    return new RatingMetrics(
        result.loss(),
        kl,
        mean(result.ratings(), true, Outcome::reward),
        mean(result.ratings(), false, Outcome::reward),
        mean(result.ratings(), true, Outcome::logp),
        mean(result.ratings(), false, Outcome::logp));
  }

  private static double mean(
      List<Outcome> ratings, boolean desirable, ToDoubleFunction<Outcome> value) {
    return ratings.stream()
        .filter(rating -> rating.logps().desirable() == desirable)
        .mapToDouble(value)
        .average()
        .orElse(Double.NaN);
  }

  /** The metrics by TRL's names, without those that the batch does not have. */
  public Map<String, Double> toMap() {
    Map<String, Double> named = new LinkedHashMap<>();
    named.put("kl", kl);
    named.put("rewards/chosen", rewardsChosen);
    named.put("rewards/rejected", rewardsRejected);
    named.put("rewards/margins", rewardsChosen - rewardsRejected);
    named.put("logps/chosen", logpsChosen);
    named.put("logps/rejected", logpsRejected);
    named.values().removeIf(value -> value.isNaN());
    return named;
  }
}
