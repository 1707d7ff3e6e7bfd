package dev.whetstone.dpo.loss;

import static dev.whetstone.settings.Checks.require;

import dev.whetstone.dpo.loss.PairLogps.Completion;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The loss of completions that were rated by themselves, with its gradient, as TRL's KTOTrainer
 * defines it. r = log π(y) − log π_ref(y), β as for pairs.
 *
 * @param type which loss
 * @param weight factor beside the losses of pairs
 * @param desirableWeight λ_D: factor of good ratings; with neither factor given, both follow from
 *     the number of good and bad ratings
 * @param undesirableWeight λ_U: factor of bad ratings
 */
public record UnpairedLoss(
    Type type, double weight, OptionalDouble desirableWeight, OptionalDouble undesirableWeight) {
  /** Named as TRL's KTOConfig names them. */
  public enum Type {
    /**
     * λ_D (1 − σ(β(r − z0))) or λ_U (1 − σ(β(z0 − r))), KTO (Ethayarajh et al. 2024,
     * arXiv:2402.01306, eq. 8). z0, the reference point, is the mean log-ratio of mismatched
     * completions of the batch, at least 0, and has no gradient.
     */
    KTO,
    /** The same with z0 = 0: APO-zero (D'Oosterlinck et al. 2024, arXiv:2408.06266, eq. 7). */
    APO_ZERO_UNPAIRED
  }

  /** KTO, with weights that follow from the ratings. */
  public static final UnpairedLoss KTO =
      new UnpairedLoss(Type.KTO, 1, OptionalDouble.empty(), OptionalDouble.empty());

  /** λ_D n_D / (λ_U n_U) is in [1, this] by default (Ethayarajh et al. 2024, section 4.2). */
  private static final double MAX_RATIO = 4.0 / 3;

  /** A single bad rating among a thousand good ones is no third of what is learned. */
  private static final double MAX_WEIGHT = 10;

  /** The factors of good and of bad ratings. */
  public record Weights(double desirable, double undesirable) {
    double of(RatedLogps rating) {
      return rating.weight() * (rating.desirable() ? desirable : undesirable);
    }
  }

  /**
   * The log-probs of one rated completion.
   *
   * @param id of the {@code RatedCompletion}
   */
  public record RatedLogps(String id, Completion completion, boolean desirable, double weight) {}

  /**
   * One rating's part of a loss.
   *
   * @param gradient d loss / d log-prob of each token {@code [length]}
   * @param logp log π(y) in nats
   * @param reward β r
   */
  public record Outcome(RatedLogps logps, double[] gradient, double logp, double reward) {}

  /** The ratings' share of a batch's loss; those of its micro-batches add up. */
  public record Result(double loss, List<Outcome> ratings) {
    public Result {
      ratings = List.copyOf(ratings);
    }
  }

  public UnpairedLoss {
    require(weight > 0 && weight < Double.POSITIVE_INFINITY, "loss_weights must be positive");
    requireFactor("desirable_weight", desirableWeight);
    requireFactor("undesirable_weight", undesirableWeight);
  }

  private static void requireFactor(String name, OptionalDouble factor) {
    factor.ifPresent(
        value -> require(value >= 0 && Double.isFinite(value), name + " must not be negative"));
  }

  /** Whether the loss needs the reference point z0. */
  public boolean needsReferencePoint() {
    return type == Type.KTO;
  }

  /**
   * The factors in a run with so many good and bad ratings. Where they are not given, their mean
   * over the ratings is 1, so that the ratings weigh as much as pairs do.
   */
  public Weights weights(int desirable, int undesirable) {
    if (desirableWeight.isPresent() || undesirableWeight.isPresent()) {
      return new Weights(desirableWeight.orElse(1), undesirableWeight.orElse(1));
    }
    if (desirable == 0 || undesirable == 0) {
      return new Weights(1, 1);
    }
    double ratio = Math.clamp((double) desirable / undesirable, 1, MAX_RATIO);
    double good = (desirable + undesirable) * ratio / (1 + ratio);
    double bad = (desirable + undesirable) / (1 + ratio);
    return new Weights(
        Math.min(MAX_WEIGHT, good / desirable), Math.min(MAX_WEIGHT, bad / undesirable));
  }

  /** z0 of a batch: the mean log-ratio of its mismatched completions, at least 0, in nats. */
  public static double referencePoint(List<Completion> mismatched) {
    return Math.max(
        0, mismatched.stream().mapToDouble(Completion::logRatio).average().orElseThrow());
  }

  /**
   * The ratings' share of the loss of a batch.
   *
   * @param referencePoint z0 of the batch; 0 where it is not needed
   * @param examples ratings and pairs of the batch, over which the loss is a mean
   */
  public Result compute(
      List<RatedLogps> ratings, double beta, Weights weights, double referencePoint, int examples) {
    double sum = 0;
    List<Outcome> outcomes = new ArrayList<>();
    for (RatedLogps rating : ratings) {
      double ratio = rating.completion().logRatio();
      double sign = rating.desirable() ? 1 : -1;
      double z = sign * beta * (ratio - (needsReferencePoint() ? referencePoint : 0));
      double factor = weight * weights.of(rating) / examples;
      sum += factor * Logistic.sigma(-z);
      double slope = -factor * sign * beta * Logistic.sigma(z) * Logistic.sigma(-z);
      outcomes.add(outcome(rating, slope, beta * ratio));
    }
    return new Result(sum, outcomes);
  }

  private static Outcome outcome(RatedLogps rating, double slope, double reward) {
    double[] gradient = new double[rating.completion().length()];
    double logp = 0;
    for (int t = 0; t < gradient.length; t++) {
      gradient[t] = slope;
      logp += rating.completion().policy()[t];
    }
    return new Outcome(rating, gradient, logp, reward);
  }
}
