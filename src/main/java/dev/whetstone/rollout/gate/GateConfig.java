package dev.whetstone.rollout.gate;

import io.smallrye.config.WithDefault;

/** Settings of the gate, {@code whetstone.rollout.gate.*}. */
public interface GateConfig {
  /** Prompts of the log, newest first, that candidate and champion answer. */
  @WithDefault("24")
  int prompts();

  /** Answers each of the two gives to each prompt. */
  @WithDefault("2")
  int answers();

  /** Longest of these answers, in tokens. */
  @WithDefault("96")
  int maxTokens();

  /** Held-out pairs below which the rows about them stay inconclusive. */
  @WithDefault("4")
  int minPairs();

  /** Held-out pairs of the newest votes that a version without a training run is judged by. */
  @WithDefault("64")
  int maxPairs();

  /** Answers below which the rows about answers stay inconclusive. */
  @WithDefault("8")
  int minAnswers();

  /** Strength of the implicit rewards whose margins are compared. */
  @WithDefault("0.1")
  double beta();

  /**
   * Most KL to the reference, in nats per answer: the mean of log π − log π_ref over the answers
   * that the candidate gives here, in the arithmetic that serves. A run's own figure ({@code
   * kl_budget}) estimates the same on held-out prompts in float32. Both have a heavy tail: of the
   * demo's policy half of the answers are below 0.8, one in a hundred is above 70 (it went astray)
   * and the standard deviation is 25, so that 48 answers leave an error of 3.6. Hence a budget that
   * is far wider than a run's.
   */
  @WithDefault("25")
  double klBudget();

  /** Least ratio of the mean answer's length to the champion's. */
  @WithDefault("0.8")
  double minLengthRatio();

  /** Most ratio of the mean answer's length to the champion's. */
  @WithDefault("1.25")
  double maxLengthRatio();

  /**
   * Most ratio of the canary text's perplexity to the reference's. On SmolLM2 an adapter that forty
   * votes trained has 1.03; random ones have 1.01 and 1.14 while they leave the text fluent, and 13
   * once they break it. A model that writes one kind of text alone needs a canary of that kind and
   * a wider bound.
   */
  @WithDefault("1.5")
  double maxPerplexityRatio();

  /** Most that the share of answers which end by themselves may fall below the champion's. */
  @WithDefault("0.1")
  double maxTruncatedExcess();

  /** Most that the share of empty answers may rise above the champion's. */
  @WithDefault("0.05")
  double maxEmptyExcess();

  /** Most mean difference between trainer and engine in what the adapter adds to a log-prob. */
  @WithDefault("0.2")
  double maxExportDifference();

  /** The text whose perplexity is watched. */
  @WithDefault(
      "The old lighthouse stood at the end of the pier. Every evening the keeper climbed the stairs,"
          + " lit the lamp and wrote the weather into his book. Ships far out at sea counted the"
          + " flashes and knew how close the rocks were.")
  String probeText();

  /** As the criteria take them. */
  default GateLimits limits() {
    return new GateLimits(
        minPairs(),
        minAnswers(),
        klBudget(),
        minLengthRatio(),
        maxLengthRatio(),
        maxPerplexityRatio(),
        maxTruncatedExcess(),
        maxEmptyExcess(),
        maxExportDifference());
  }
}
