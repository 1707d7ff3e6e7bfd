package dev.whetstone.dpo.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Pairs cut to a length, as TRL's keep_start does: completions lose their ends. A pair whose prompt
 * leaves no room for a token of each completion is dropped.
 *
 * @param dropped ids of the pairs that are gone
 */
public record Truncation(List<TokenPair> pairs, List<String> dropped) {
  public static Truncation of(List<TokenPair> pairs, int maxLength) {
    List<TokenPair> kept = new ArrayList<>();
    List<String> dropped = new ArrayList<>();
    for (TokenPair pair : pairs) {
      int room = maxLength - pair.prompt().length;
      if (room < 1) {
        dropped.add(pair.id());
      } else {
        kept.add(cut(pair, room));
      }
    }
    return new Truncation(List.copyOf(kept), List.copyOf(dropped));
  }

  private static TokenPair cut(TokenPair pair, int room) {
    if (Math.max(pair.chosen().length, pair.rejected().length) <= room) {
      return pair;
    }
    return new TokenPair(
        pair.id(),
        pair.prompt(),
        cut(pair.chosen(), room),
        cut(pair.rejected(), room),
        pair.weight());
  }

  private static int[] cut(int[] ids, int room) {
    return ids.length <= room ? ids : Arrays.copyOf(ids, room);
  }
}
