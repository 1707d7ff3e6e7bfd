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

  /** Temperature of these answers: that of pairs. */
  @WithDefault("${whetstone.gateway.pair-temperature:0.8}")
  double temperature();

  /** Maximum length of the answers to the operator's checks, in tokens. */
  @WithDefault("256")
  int checkTokens();

  /** Conversations (or voters, if fewer) of the gate part below which the votes tell too little. */
  @WithDefault("8")
  int minPairs();

  /** Newest votes of the gate part, since the champion's promotion, that judge. */
  @WithDefault("200")
  int maxPairs();

  /** Answers below which the criteria about answers are inconclusive. */
  @WithDefault("8")
  int minAnswers();

  /** DPO's beta: the scale of the implicit rewards whose margins are compared. */
  @WithDefault("0.1")
  double beta();

  /**
   * Maximum KL to the reference, in nats an answer: a trimmed mean over answers that the candidate
   * writes. For a candidate of a run it is what the run measured, whose limit this is, too: runs
   * start from the base, so that it stops no later run.
   */
  @WithDefault("3")
  double klBudget();

  /** How far the KL to the reference may exceed the champion's, in nats an answer. */
  @WithDefault("3")
  double klStepBudget();

  /**
   * Minimum ratio of the mean answer length to the champion's; less where one in twenty of the
   * answers that users chose is shorter.
   */
  @WithDefault("0.5")
  double minLengthRatio();

  /** Maximum ratio of the mean answer length to the champion's; more, likewise. */
  @WithDefault("2")
  double maxLengthRatio();

  /**
   * Maximum ratio of the probe text's perplexity to the champion's. On SmolLM2 an adapter trained
   * on forty votes has 1.03 of the base's; random ones have 1.01 and 1.14 while the text stays
   * fluent, and 13 once they break it.
   */
  @WithDefault("1.5")
  double maxPerplexityRatio();

  /**
   * Perplexity of the probe text under the base above which it is not judged: the base does not
   * read such a text itself.
   */
  @WithDefault("200")
  double sanePerplexity();

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
        beta(),
        klStepBudget(),
        klBudget(),
        minLengthRatio(),
        maxLengthRatio(),
        maxPerplexityRatio(),
        sanePerplexity(),
        maxTruncatedExcess(),
        maxEmptyExcess(),
        maxExportDifference());
  }
}
