package dev.whetstone.dpo.data;

import dev.whetstone.settings.Checks;
import java.util.Collection;

/**
 * The divisors of a batch's sums, known before any log-prob: a mean over pairs, or over chosen
 * tokens. With them each micro-batch adds its exact share of the batch's loss. Where the batch has
 * ratings too, its loss is the mean over all examples: (n_p L_p + n_r L_r) / (n_p + n_r).
 *
 * @param pairs number of pairs in the batch
 * @param chosenTokens real tokens of all chosen completions of the batch
 * @param ratings number of completions in the batch that were rated by themselves
 */
public record LossNormalizer(int pairs, int chosenTokens, int ratings) {
  public LossNormalizer {
    Checks.require(pairs > 0 && chosenTokens > 0, "a batch has at least one pair");
  }

  /** The normalizer of a batch without ratings. */
  public LossNormalizer(int pairs, int chosenTokens) {
    this(pairs, chosenTokens, 0);
  }

  /** The normalizer of some pairs, with a number of ratings beside them. */
  public static LossNormalizer of(Collection<TokenPair> batch, int ratings) {
    return new LossNormalizer(
        batch.size(), batch.stream().mapToInt(pair -> pair.chosen().length).sum(), ratings);
  }

  /** Share of the batch's examples that are pairs. */
  public double pairShare() {
    return (double) pairs / (pairs + ratings);
  }
}
