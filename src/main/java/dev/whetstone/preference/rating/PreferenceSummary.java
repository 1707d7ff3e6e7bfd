package dev.whetstone.preference.rating;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Statistics of raters and versions over the log, without imported votes.
 *
 * @param votes counts over all raters
 * @param importedVotes how many imported votes are left out
 * @param raterCount how many raters voted
 * @param raters the raters with the most votes
 */
public record PreferenceSummary(
    ChoiceCounts votes,
    long importedVotes,
    long raterCount,
    List<Rater> raters,
    Overlap overlap,
    Ranking ranking,
    IdenticalPrompts identicalPrompts) {
  /** One rater's votes. */
  public record Rater(String user, String key, ChoiceCounts votes) {}

  /**
   * Agreement on pairs that several raters judged.
   *
   * @param alpha Krippendorff's, over all four choices; null where it is undefined
   * @param kappas of the couples of raters with the most pairs in common
   */
  public record Overlap(long pairs, long judgements, @Nullable Double alpha, List<Kappa> kappas) {}

  /** Cohen's kappa of two raters over the pairs that both judged; null where it is undefined. */
  public record Kappa(String one, String other, long pairs, @Nullable Double kappa) {}

  /**
   * Prompts that have more than one pair.
   *
   * @param pairs how many pairs they have together
   */
  public record IdenticalPrompts(long prompts, long pairs) {}
}
