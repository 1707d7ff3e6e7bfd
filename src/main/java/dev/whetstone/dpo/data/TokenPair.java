package dev.whetstone.dpo.data;

/**
 * One preference as token ids.
 *
 * @param id names the pair in logs, errors and caches
 * @param prompt rendered by the chat template, at least one id
 * @param chosen the preferred completion with its end token {@code [length]}
 * @param rejected the other completion {@code [length]}
 * @param weight factor of the pair's loss; 1 for a plain vote
 */
public record TokenPair(String id, int[] prompt, int[] chosen, int[] rejected, double weight) {
  public TokenPair {
    requireTokens(id, "prompt", prompt);
    requireTokens(id, "chosen", chosen);
    requireTokens(id, "rejected", rejected);
    if (!(weight > 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException("pair " + id + ": weight must be positive and finite");
    }
  }

  /** Tokens of the prompt and both completions, the prompt counted once. */
  public int tokens() {
    return prompt.length + chosen.length + rejected.length;
  }

  private static void requireTokens(String id, String part, int[] tokens) {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("pair " + id + ": " + part + " has no tokens");
    }
  }
}
