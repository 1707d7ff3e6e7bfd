package dev.whetstone.dpo;

import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.evaluation.TokenMetrics;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.dpo.network.PromptCompletions;
import dev.whetstone.dpo.network.TokenScores;
import dev.whetstone.dpo.reference.ReferenceLogProbs;
import java.util.ArrayList;
import java.util.List;

/** The network's scores of a micro-batch, in the form that loss and metrics need. */
record BatchScores(List<PairLogps> pairs, TokenMetrics tokens) {
  /** A prompt with its chosen and its rejected completion for each pair, as the network's input. */
  static List<PromptCompletions> rows(List<TokenPair> pairs) {
    return pairs.stream().map(ReferenceLogProbs::promptCompletions).toList();
  }

  /**
   * Joins the scores of {@link #rows} to the pairs.
   *
   * @param scores by completion: chosen and rejected of the first pair, then of the next
   */
  static BatchScores of(List<TokenPair> pairs, TokenScores scores, ReferenceLogProbs references) {
    List<PairLogps> logps = new ArrayList<>();
    TokenMetrics tokens = TokenMetrics.NONE;
    for (int i = 0; i < pairs.size(); i++) {
      TokenPair pair = pairs.get(i);
      logps.add(
          new PairLogps(
              pair.id(),
              completion(pair.prompt(), pair.chosen(), scores, 2 * i, references),
              completion(pair.prompt(), pair.rejected(), scores, 2 * i + 1, references),
              pair.weight()));
      tokens = tokens.plus(tokens(scores, 2 * i));
    }
    return new BatchScores(List.copyOf(logps), tokens);
  }

  private static PairLogps.Completion completion(
      int[] prompt, int[] ids, TokenScores scores, int index, ReferenceLogProbs references) {
    return new PairLogps.Completion(
        ReferenceLogProbs.toDoubles(scores.logps()[index]),
        references.logps(prompt, ids),
        ReferenceLogProbs.toDoubles(scores.logSumSquares()[index]));
  }

  private static TokenMetrics tokens(TokenScores scores, int chosen) {
    double entropy = 0;
    for (int side = chosen; side < chosen + 2; side++) {
      for (float value : scores.entropies()[side]) {
        entropy += value;
      }
    }
    int correct = 0;
    for (boolean greedy : scores.greedy()[chosen]) {
      correct += greedy ? 1 : 0;
    }
    int chosenTokens = scores.logps()[chosen].length;
    return new TokenMetrics(
        entropy, chosenTokens + scores.logps()[chosen + 1].length, correct, chosenTokens);
  }
}
