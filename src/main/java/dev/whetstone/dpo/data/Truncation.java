package dev.whetstone.dpo.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Pairs cut to a maximum length as by TRL's keep_start: completions lose their ends. A pair whose
 * prompt alone reaches the maximum is dropped, since no token of a completion would remain.
 *
 * @param pairs that remain, in their order
 * @param dropped ids of the dropped pairs
 */
public record Truncation(List<TokenPair> pairs, List<String> dropped) {
  /**
   * Cuts pairs.
   *
   * @param maxLength maximum tokens of a prompt and one completion
   */
  public static Truncation of(List<TokenPair> pairs, int maxLength) {
    List<TokenPair> kept = new ArrayList<>();
    List<String> dropped = new ArrayList<>();
    for (TokenPair pair : pairs) {
      int maxCompletion = maxLength - pair.prompt().length;
      if (maxCompletion < 1) {
        dropped.add(pair.id());
      } else {
        kept.add(cut(pair, maxCompletion));
      }
    }
    return new Truncation(List.copyOf(kept), List.copyOf(dropped));
  }

  private static TokenPair cut(TokenPair pair, int maxCompletion) {
    if (Math.max(pair.chosen().length, pair.rejected().length) <= maxCompletion) {
      return pair;
    }
    return new TokenPair(
        pair.id(),
        pair.prompt(),
        cut(pair.chosen(), maxCompletion),
        cut(pair.rejected(), maxCompletion),
        pair.weight());
  }

  private static int[] cut(int[] ids, int maxCompletion) {
    return ids.length <= maxCompletion ? ids : Arrays.copyOf(ids, maxCompletion);
  }
}
