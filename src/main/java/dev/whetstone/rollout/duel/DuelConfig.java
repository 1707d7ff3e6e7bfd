package dev.whetstone.rollout.duel;

import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of duels, {@code whetstone.rollout.duel.*}. */
public interface DuelConfig {
  /** Share of pairs in which the candidate writes one side, in (0, 1]. */
  @WithDefault("0.5")
  double share();

  /**
   * Share of conversations whose single answers the candidate writes during its duel, in [0, 1);
   * their ratings decide it together with the votes. 0 leaves single answers to the champion.
   */
  @WithDefault("0.5")
  double answerShare();

  /**
   * How long after a conversation's first answer in a duel a rating counts for it; evidence of
   * later conversations waits for those that can still be rated.
   */
  @WithDefault("PT10M")
  Duration ratingWindow();

  /**
   * E-value that all duels against one champion together must earn: 20 replaces a champion by its
   * equal in at most one of twenty cases. The k-th duel needs {@code evidence (pi^2/6) k^2}.
   */
  @WithDefault("20")
  double evidence();

  /** Likelihood of even odds over odds of 60:40 at which more votes are not worth while. */
  @WithDefault("10")
  double futility();

  /** Below this e-value a newer, better candidate takes a duel over. */
  @WithDefault("2")
  double replaceableBelow();

  /**
   * Counted votes that a duel may still take, as it goes so far, before a candidate that was
   * trained on twice the votes, or since the users' taste turned, takes it over.
   */
  @WithDefault("100")
  int patience();

  /**
   * Usable votes from which on a candidate duels although it does not beat the champion on the
   * select part by a standard error.
   */
  @WithDefault("150")
  int minVotes();

  /** Age at which a vote is taken as evidence; until then it can be taken back. */
  @WithDefault("PT0S")
  Duration voteDelay();

  /** Counted votes and ratings after which a duel ends undecided. */
  @WithDefault("500")
  int maxVotes();

  /** Time after which a duel ends undecided. */
  @WithDefault("P14D")
  Duration maxDuration();

  /** Completions of each arm before the guard-rails apply. */
  @WithDefault("20")
  int minCompletions();

  /** How far the share of empty completions may exceed the champion's. */
  @WithDefault("0.05")
  double maxEmptyExcess();

  /** How far the share of completions cut off at the token limit may exceed the champion's. */
  @WithDefault("0.2")
  double maxTruncatedExcess();

  /** How far the share of failed completions may exceed the champion's. */
  @WithDefault("0.05")
  double maxErrorExcess();

  /** Largest factor between the mean lengths of candidate and champion, either way. */
  @WithDefault("2")
  double maxLengthRatio();

  /** Completions of each arm before latency is judged. */
  @WithDefault("200")
  int minPaces();

  /**
   * Largest ratio of the time a token takes, its geometric mean, to the champion's in pairs without
   * the candidate; with a share of 1 there are none, and latency is not judged.
   */
  @WithDefault("2")
  double maxLatencyRatio();

  /** The thresholds of the guard-rails as one value. */
  default GuardrailThresholds thresholds() {
    return new GuardrailThresholds(
        minCompletions(),
        minPaces(),
        maxEmptyExcess(),
        maxTruncatedExcess(),
        maxErrorExcess(),
        maxLengthRatio(),
        maxLatencyRatio());
  }
}
