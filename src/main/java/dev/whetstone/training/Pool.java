package dev.whetstone.training;

import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.preference.feedback.TrainingRatings;

/**
 * The usable votes, and when the next run is due: at first when there are enough for a person alone
 * to see something change, then whenever the pool has grown by a quarter. A promotion begins the
 * growth anew and takes no vote out of the pool; nor does a run that failed.
 *
 * @param counts since the users' taste last turned; {@code newer} counts the votes that no run with
 *     a result has considered, {@code since} those since the champion's promotion
 * @param base size at which the growth begins: at the last run with a result, or at the promotion
 *     after it
 * @param ratings of single answers, two of which count as a vote
 */
public record Pool(TrainingVotes.Counts counts, long base, TrainingRatings.Counts ratings) {
  /** A pair tells which of two answers is better; two ratings tell about as much. */
  private static final int RATINGS_OF_A_VOTE = 2;

  /** Growth that starts a run, as a share of the pool. */
  private static final int GROWTH_DIVISOR = 4;

  /** Growth that is the least that starts a run. */
  private static final int MIN_GROWTH = 25;

  /** Counts the pool as it is now. */
  public static Pool read(TrainingVotes votes, TrainingRunStore runs) {
    RunHistory.Considered considered = runs.history().considered();
    long promotion = promotion(votes, runs);
    TrainingVotes.Counts counts =
        votes.count(
            considered.forgottenUntil(), Math.max(considered.newestVote(), promotion), promotion);
    TrainingRatings.Counts ratings =
        new TrainingRatings(runs.database(), runs.baseHash())
            .count(runs.history().ratingsConsideredAt());
    return new Pool(
        counts,
        counts.usable() - counts.newer() + ofVotes(ratings.usable() - ratings.newer()),
        ratings);
  }

  /** A pool without ratings. */
  public Pool(TrainingVotes.Counts counts, long base) {
    this(counts, base, TrainingRatings.Counts.NONE);
  }

  /** The position in the log at the champion's promotion; 0 while the base is champion. */
  public static long promotion(TrainingVotes votes, TrainingRunStore runs) {
    return runs.history().championSince().map(votes::positionAt).orElse(0L);
  }

  /**
   * The number of usable votes at which the next run begins.
   *
   * @param first number at which the first run begins
   */
  public long nextRunAt(int first) {
    long grown = base + Math.max(Math.min(MIN_GROWTH, first), base / GROWTH_DIVISOR);
    return Math.max(first, base == 0 ? first : grown);
  }

  /** The size of the pool: its votes, and its ratings for what they count. */
  public long size() {
    return counts.usable() + ofVotes(ratings.usable());
  }

  /** What a number of ratings counts in votes. */
  public static long ofVotes(long ratings) {
    return ratings / RATINGS_OF_A_VOTE;
  }

  /** Whether there is anything that no run with a result has considered. */
  public boolean hasNewer() {
    return counts.newer() + ratings.newer() > 0;
  }

  /** Whether the pool is large enough for the next run; never with {@code first} 0. */
  public boolean due(int first) {
    return first > 0 && size() >= nextRunAt(first);
  }
}
