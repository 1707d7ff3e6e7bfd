package dev.whetstone.dpo.loss;

import java.util.ArrayList;
import java.util.List;

/**
 * A loss with its gradients.
 *
 * @param loss of the batch, or a micro-batch's share of that
 * @param pairs in the order in which they were given
 */
public record LossResult(double loss, List<PairOutcome> pairs) {
  /**
   * One pair. Log-probs and rewards are of whole sequences, in nats.
   *
   * @param logps the pair's log-probs
   * @param chosenGradient d loss / d log-prob of each chosen token {@code [length]}
   * @param rejectedGradient the same for the rejected tokens {@code [length]}
   * @param chosenLogp log π(y_w), with LD-DPO's token weights
   * @param rejectedLogp the same for y_l
   * @param chosenReward β (log π(y_w) − log π_ref(y_w)), DPO's implicit reward, for every loss
   * @param rejectedReward the same for y_l
   */
  public record PairOutcome(
      PairLogps logps,
      double[] chosenGradient,
      double[] rejectedGradient,
      double chosenLogp,
      double rejectedLogp,
      double chosenReward,
      double rejectedReward) {
    /** Implicit reward of the chosen completion less that of the rejected one. */
    public double margin() {
      return chosenReward - rejectedReward;
    }
  }

  public LossResult {
    pairs = List.copyOf(pairs);
  }

  /** The result of a batch, from those of its micro-batches. */
  public static LossResult sum(List<LossResult> parts) {
    double loss = 0;
    List<PairOutcome> pairs = new ArrayList<>();
    for (LossResult part : parts) {
      loss += part.loss;
      pairs.addAll(part.pairs);
    }
    return new LossResult(loss, pairs);
  }
}
