package dev.whetstone.dpo.data;

import java.util.ArrayList;
import java.util.List;

/** Cuts pairs into runs of neighbours that fit a token budget; a larger pair runs alone. */
public final class MicroBatches {
  private MicroBatches() {}

  public static List<List<TokenPair>> cut(List<TokenPair> pairs, int tokenBudget) {
    List<List<TokenPair>> cut = new ArrayList<>();
    List<TokenPair> open = new ArrayList<>();
    int tokens = 0;
    for (TokenPair pair : pairs) {
      if (!open.isEmpty() && tokens + pair.tokens() > tokenBudget) {
        cut.add(List.copyOf(open));
        open.clear();
        tokens = 0;
      }
      open.add(pair);
      tokens += pair.tokens();
    }
    if (!open.isEmpty()) {
      cut.add(List.copyOf(open));
    }
    return cut;
  }
}
