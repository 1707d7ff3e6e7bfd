package dev.whetstone.rollout;

import dev.whetstone.rollout.evidence.VoteEvidence;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A champion compared with the version that it replaced, or with v0, since its promotion.
 *
 * @param ofPredecessor whether the other one is what the champion replaced, so that the watch may
 *     roll back; else it is v0, for the win rate alone
 * @param promotion revision of the aliases that promoted the champion
 * @param after position in the log of the newest vote when the watch began
 * @param winRate of the champion, ties as a half; null before the first vote
 */
public record Watch(
    String id,
    String champion,
    String championHash,
    String against,
    String againstHash,
    boolean ofPredecessor,
    long promotion,
    long after,
    VoteEvidence evidence,
    int ties,
    int bothBad,
    @Nullable WinRate winRate,
    Instant beganAt) {
  /** All votes on its pairs that say something about the two. */
  public ChoiceCounts choices() {
    return new ChoiceCounts((long) evidence.votes() + ties + bothBad, ties, bothBad);
  }

  /** A rate with its interval, which holds at all times with 95 %. */
  public record WinRate(double rate, double low, double high, int votes) {}
}
