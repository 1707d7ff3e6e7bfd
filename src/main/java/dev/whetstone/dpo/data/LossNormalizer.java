package dev.whetstone.dpo.data;

import dev.whetstone.settings.Checks;
import java.util.Collection;

/**
 * The divisors of a batch's sums, known before any log-prob: a mean over pairs, or over chosen
 * tokens. With them each micro-batch adds its exact share of the batch's loss.
 *
 * @param pairs number of pairs in the batch
 * @param chosenTokens real tokens of all chosen completions of the batch
 */
public record LossNormalizer(int pairs, int chosenTokens) {
  public LossNormalizer {
    Checks.require(pairs > 0 && chosenTokens > 0, "a batch has at least one pair");
  }

  public static LossNormalizer of(Collection<TokenPair> batch) {
    return new LossNormalizer(
        batch.size(), batch.stream().mapToInt(pair -> pair.chosen().length).sum());
  }
}
