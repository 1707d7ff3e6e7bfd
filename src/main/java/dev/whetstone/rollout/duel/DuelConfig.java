package dev.whetstone.rollout.duel;

import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of duels, {@code whetstone.rollout.duel.*}. */
public interface DuelConfig {
  /** Share of pairs in which the candidate writes one side. */
  @WithDefault("0.5")
  double share();

  /** E-value at which the votes decide; 20 is wrong in at most one of twenty even duels. */
  @WithDefault("20")
  double evidence();

  /** Counted votes after which a duel ends undecided. */
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

  /**
   * Largest ratio of the mean time a token takes to the champion's in pairs without the candidate;
   * with a share of 1 there are none, and latency is not judged.
   */
  @WithDefault("2")
  double maxLatencyRatio();

  /** The thresholds of the guard-rails as one value. */
  default GuardrailThresholds thresholds() {
    return new GuardrailThresholds(
        minCompletions(),
        maxEmptyExcess(),
        maxTruncatedExcess(),
        maxErrorExcess(),
        maxLengthRatio(),
        maxLatencyRatio());
  }
}
