package dev.whetstone.dpo.data;

import static dev.whetstone.settings.Checks.require;

/**
 * One preference as token ids.
 *
 * @param id names the pair in logs, errors and caches
 * @param prompt rendered by the chat template, at least one id
 * @param chosen the preferred completion with its end token {@code [length]}
 * @param rejected the other completion {@code [length]}
 * @param weight factor of the pair's loss; 1 for a plain vote
 */
public record TokenPair(String id, int[] prompt, int[] chosen, int[] rejected, double weight)
    implements Example {
  public TokenPair {
    require(prompt.length > 0, "pair " + id + ": prompt has no tokens");
    require(chosen.length > 0, "pair " + id + ": chosen has no tokens");
    require(rejected.length > 0, "pair " + id + ": rejected has no tokens");
    require(
        weight > 0 && Double.isFinite(weight),
        "pair " + id + ": weight must be positive and finite");
  }

  /** The opposite preference between the same completions. */
  public TokenPair flipped() {
    return new TokenPair(id, prompt, /* chosen= */ rejected, /* rejected= */ chosen, weight);
  }

  @Override
  public int tokens() {
    return prompt.length + chosen.length + rejected.length;
  }

  @Override
  public int fullTokens() {
    return tokens() + prompt.length;
  }
}
