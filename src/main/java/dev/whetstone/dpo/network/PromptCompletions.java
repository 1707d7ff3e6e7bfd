package dev.whetstone.dpo.network;

import java.util.List;

/**
 * A prompt and the completions that continue it; the prompt is computed once for all of them.
 *
 * @param prompt token ids, at least one
 * @param completions at least one, each of at least one token id
 */
public record PromptCompletions(int[] prompt, List<int[]> completions) {
  public PromptCompletions {
    completions = List.copyOf(completions);
    if (prompt.length == 0) {
      throw new IllegalArgumentException("the prompt is empty");
    }
    if (completions.isEmpty() || completions.stream().anyMatch(ids -> ids.length == 0)) {
      throw new IllegalArgumentException("a completion is empty");
    }
  }

  /** Tokens that run through the network: a completion's last token predicts nothing. */
  public int inputTokens() {
    return prompt.length + completions.stream().mapToInt(ids -> ids.length - 1).sum();
  }
}
