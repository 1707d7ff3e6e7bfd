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
  int mostVotes();

  /** Time after which a duel ends undecided. */
  @WithDefault("P14D")
  Duration longest();

  /** Completions of each arm before the guard-rails apply. */
  @WithDefault("20")
  int leastCompletions();

  /** How far the share of empty completions may exceed the champion's. */
  @WithDefault("0.05")
  double empty();

  /** How far the share of completions cut off at the token limit may exceed the champion's. */
  @WithDefault("0.2")
  double unended();

  /** How far the share of failed completions may exceed the champion's. */
  @WithDefault("0.05")
  double errors();

  /** Largest factor between the mean lengths of candidate and champion, either way. */
  @WithDefault("2")
  double length();

  /**
   * Largest ratio of the mean time a token takes to the champion's in pairs without the candidate;
   * with a share of 1 there are none, and latency is not judged.
   */
  @WithDefault("2")
  double latency();

  /** The thresholds of the guard-rails as one value. */
  default GuardrailThresholds rails() {
    return new GuardrailThresholds(
        leastCompletions(), empty(), unended(), errors(), length(), latency());
  }
}
