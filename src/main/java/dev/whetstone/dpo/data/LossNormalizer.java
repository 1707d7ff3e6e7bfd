package dev.whetstone.dpo.data;

import dev.whetstone.settings.Checks;
import java.util.Collection;

/**
 * What a batch's sums are divided by, known before any log-prob is.
 *
 * @param pairs in the batch
 * @param chosenTokens in all chosen completions of the batch
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
