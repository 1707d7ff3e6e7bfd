package dev.whetstone.dpo.loss;

/** Which log-probs a loss depends on, and its formula. */
sealed interface LossRule {
  /** The mean over pairs of a function of one pair, defined for reverse KL or any divergence. */
  record PerPair(PairLosses.Formula formula, boolean takesAnyDivergence) implements LossRule {}

  /**
   * Compares the sorted log-ratios of a whole batch (AOT, Melnyk et al. 2024, arXiv:2406.05882).
   *
   * @param paired whether differences between chosen and rejected are sorted, instead of each side
   */
  record Sorted(boolean paired) implements LossRule {}

  /** The mean negative log-prob over all chosen tokens of a batch. */
  record ChosenTokens() implements LossRule {}
}
