package dev.whetstone.dpo.loss;

/** What a loss looks at, and its formula. */
sealed interface LossRule {
  /** The mean over pairs of a function of one pair. */
  record PerPair(PairLosses.Formula formula, boolean anyDivergence) implements LossRule {}

  /**
   * Compares the sorted log-ratios of a whole batch (AOT, Melnyk et al. 2024).
   *
   * @param paired sorts the differences between chosen and rejected, instead of each side
   */
  record Sorted(boolean paired) implements LossRule {}

  /** The mean negative log-prob of all chosen tokens of a batch. */
  record ChosenTokens() implements LossRule {}
}
