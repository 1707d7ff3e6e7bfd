package dev.whetstone.dpo.data;

import dev.whetstone.settings.Require;
import java.util.Collection;

/**
 * What a batch's sums are divided by, known before any log-prob is.
 *
 * @param pairs in the batch
 * @param chosenTokens in all chosen completions of the batch
 */
public record BatchSize(int pairs, int chosenTokens) {
  public BatchSize {
    Require.require(pairs > 0 && chosenTokens > 0, "a batch has at least one pair");
  }

  public static BatchSize of(Collection<TokenPair> batch) {
    return new BatchSize(batch.size(), batch.stream().mapToInt(pair -> pair.chosen().length).sum());
  }
}
