package dev.whetstone.preference.rating;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Statistics of raters and versions over the log, without imported votes.
 *
 * @param votes counts over all raters
 * @param otherSources what was not voted by people, by its source, which is in nothing else here
 * @param importedVotes how many imported votes are left out
 * @param raterCount how many raters voted
 * @param raters the raters with the most votes
 * @param versions each version's votes, most first
 * @param winRatesOverV0 of those that were champion, newest first; over all time
 */
public record PreferenceSummary(
    ChoiceCounts votes,
    List<SourceVotes> otherSources,
    long importedVotes,
    long raterCount,
    List<Rater> raters,
    Overlap overlap,
    Ranking ranking,
    IdenticalPrompts identicalPrompts,
    List<VersionVotes> versions,
    List<WinRate> winRatesOverV0) {
  /**
   * The votes on a version's answers.
   *
   * @param votes on pairs in which it wrote a side
   * @param tieRate share of ties
   * @param bothBadRate share of votes that both answers are bad
   */
  public record VersionVotes(
      String version, long votes, long ties, long bothBad, double tieRate, double bothBadRate) {}

  /**
   * How often users preferred a version to v0 while it was watched as champion, ties as a half.
   *
   * @param low lower bound of the interval, which holds at all times with 95 %
   */
  public record WinRate(String version, double rate, double low, double high, int votes) {}

  /** The same summary with these win rates. */
  public PreferenceSummary withWinRates(List<WinRate> rates) {
    return new PreferenceSummary(
        votes,
        otherSources,
        importedVotes,
        raterCount,
        raters,
        overlap,
        ranking,
        identicalPrompts,
        versions,
        rates);
  }

  /**
   * One rater's votes.
   *
   * @param gold how often the rater is right where that is known; null without such votes
   * @param agreement share of others' votes on the same pairs that made the same choice; null
   *     without such votes
   */
  public record Rater(
      String user,
      String key,
      ChoiceCounts votes,
      @Nullable Gold gold,
      @Nullable Double agreement) {}

  /**
   * A rater's votes on gold pairs.
   *
   * @param accuracy share of these votes that made the right choice
   */
  public record Gold(long votes, long right, double accuracy) {}

  /** Votes that were not people's. */
  public record SourceVotes(String source, ChoiceCounts votes) {}

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
