package dev.whetstone.rollout.gate;

import io.smallrye.config.WithDefault;

/** Settings of the gate, {@code whetstone.rollout.gate.*}. */
public interface GateConfig {
  /** Number of prompts from the log, newest first, that candidate and champion answer. */
  @WithDefault("24")
  int prompts();

  /** Answers of each of the two to each prompt. */
  @WithDefault("2")
  int answers();

  /** Maximum length of these answers, in tokens. */
  @WithDefault("96")
  int maxTokens();

  /** Validation pairs below which the criteria about them are inconclusive. */
  @WithDefault("4")
  int minPairs();

  /** Pairs of the newest votes that a version without a training run is judged by. */
  @WithDefault("64")
  int maxPairs();

  /** Answers below which the criteria about answers are inconclusive. */
  @WithDefault("8")
  int minAnswers();

  /** DPO's beta: the scale of the implicit rewards whose margins are compared. */
  @WithDefault("0.1")
  double beta();

  /**
   * Maximum KL to the reference, in nats per answer: the mean of log π − log π_ref over the answers
   * that the candidate samples here, in the arithmetic that serves. A run's own limit ({@code
   * kl_budget}) estimates the same on validation prompts in float32. Both have a heavy tail: of the
   * demo's policy half of the answers are below 0.8, one in a hundred is above 70 (it degenerated)
   * and the standard deviation is 25, so that 48 answers leave an error of 3.6. Hence a budget that
   * is far wider than a run's.
   */
  @WithDefault("25")
  double klBudget();

  /** Minimum ratio of the mean answer length to the champion's. */
  @WithDefault("0.8")
  double minLengthRatio();

  /** Maximum ratio of the mean answer length to the champion's. */
  @WithDefault("1.25")
  double maxLengthRatio();

  /**
   * Maximum ratio of the probe text's perplexity to the reference's. On SmolLM2 an adapter trained
   * on forty votes has 1.03; random ones have 1.01 and 1.14 while the text stays fluent, and 13
   * once they break it. A model that writes only one kind of text needs a probe text of that kind
   * and a wider bound.
   */
  @WithDefault("1.5")
  double maxPerplexityRatio();

  /** How far the share of answers that end by themselves may lie below the champion's. */
  @WithDefault("0.1")
  double maxTruncatedExcess();

  /** How far the share of empty answers may lie above the champion's. */
  @WithDefault("0.05")
  double maxEmptyExcess();

  /** Maximum mean difference between trainer and engine in what the adapter adds, nats a token. */
  @WithDefault("0.2")
  double maxExportDifference();

  /** The probe text, whose perplexity shows whether the model still writes plain language. */
  @WithDefault(
      "The old lighthouse stood at the end of the pier. Every evening the keeper climbed the stairs,"
          + " lit the lamp and wrote the weather into his book. Ships far out at sea counted the"
          + " flashes and knew how close the rocks were.")
  String probeText();

  /** The limits as one value. */
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
