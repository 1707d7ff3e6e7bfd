package dev.whetstone.dpo.loss;

import java.util.ArrayList;
import java.util.List;

/**
 * A loss with its gradients.
 *
 * @param loss the batch's, or a micro-batch's share of it
 * @param pairs in the order in which they were given
 */
public record LossResult(double loss, List<PairOutcome> pairs) {
  /**
   * One pair.
   *
   * @param logps the pair's log-probs
   * @param chosenGradient d loss / d log-prob of each chosen token {@code [length]}
   * @param rejectedGradient the same for the rejected tokens {@code [length]}
   * @param chosenLogp log π(y_w), under LD with its weights
   * @param rejectedLogp log π(y_l)
   * @param chosenReward β (log π(y_w) − log π_ref(y_w)), whatever the loss
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
    public double margin() {
      return chosenReward - rejectedReward;
    }
  }

  public LossResult {
    pairs = List.copyOf(pairs);
  }

  /** A batch from its micro-batches. */
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
