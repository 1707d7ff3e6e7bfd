package dev.whetstone.preference.rating;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the log says of those who vote and of the versions, imported votes left out.
 *
 * @param votes of everyone
 * @param importedVotes those left out
 * @param raterCount how many people voted
 * @param raters those with the most votes
 */
public record PreferenceSummary(
    ChoiceCounts votes,
    long importedVotes,
    long raterCount,
    List<Rater> raters,
    Overlap overlap,
    Ranking ranking,
    IdenticalPrompts identicalPrompts) {
  /** One person's votes. */
  public record Rater(String user, String key, ChoiceCounts votes) {}

  /**
   * Agreement on pairs that several people judged.
   *
   * @param alpha Krippendorff's, over all four choices; null where it is undefined
   * @param kappas those of the raters with the most pairs in common
   */
  public record Overlap(long pairs, long judgements, @Nullable Double alpha, List<Kappa> kappas) {}

  /** Cohen's kappa of two raters over the pairs that both judged; null where it is undefined. */
  public record Kappa(String one, String other, long pairs, @Nullable Double kappa) {}

  /**
   * Prompts that were asked more than once.
   *
   * @param pairs offered for them
   */
  public record IdenticalPrompts(long prompts, long pairs) {}
}
