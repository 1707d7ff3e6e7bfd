package dev.whetstone.rollout.duel;

import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of duels, {@code whetstone.rollout.duel.*}. */
public interface DuelConfig {
  /** Share of pairs with one side from the candidate. */
  @WithDefault("0.5")
  double share();

  /** E-value at which the votes decide; 20 errs in at most one of twenty even duels. */
  @WithDefault("20")
  double evidence();

  /** Counted votes after which an undecided candidate is held. */
  @WithDefault("500")
  int maxVotes();

  /** Time after which an undecided candidate is held. */
  @WithDefault("P14D")
  Duration maxDuration();

  /** Completions of each side before guard-rails judge. */
  @WithDefault("20")
  int minCompletions();

  /** Allowed excess of empty completions over the champion's share. */
  @WithDefault("0.05")
  double maxEmptyExcess();

  /** Allowed excess of completions that run into the token limit. */
  @WithDefault("0.2")
  double maxTruncatedExcess();

  /** Allowed excess of failed completions. */
  @WithDefault("0.05")
  double maxErrorExcess();

  /** Most that the mean length may be multiplied or divided by. */
  @WithDefault("2")
  double maxLengthRatio();

  /**
   * Most that the mean time of a token may be multiplied by, against the champion's in pairs
   * without the candidate; a share of 1 leaves none to compare with.
   */
  @WithDefault("2")
  double maxLatencyRatio();

  /** As the duel takes them. */
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
