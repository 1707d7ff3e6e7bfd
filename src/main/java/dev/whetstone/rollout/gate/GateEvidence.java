package dev.whetstone.rollout.gate;

import java.util.Optional;

/**
 * The measurements of a candidate, the champion and the reference, made by the engine that serves.
 *
 * @param validation margins on pairs that the candidate was not trained on
 * @param candidate the candidate's answers to prompts of the log
 * @param champion the champion's answers to the same prompts
 * @param klPerAnswer {@code log pi - log pi_ref} of each of the candidate's answers, in nats; the
 *     mean estimates KL(candidate || reference)
 * @param probeLogProb mean log-prob of a token of the probe text under the candidate, in nats
 * @param referenceProbeLogProb the same under the reference
 * @param exportDifference how far the engine's log-probs are from the trainer's; empty for a
 *     version that was not trained here
 */
record GateEvidence(
    ValidationMargins validation,
    Answers candidate,
    Answers champion,
    double[] klPerAnswer,
    double probeLogProb,
    double referenceProbeLogProb,
    Optional<ExportDifference> exportDifference) {

  /**
   * Implicit reward margins of chosen over rejected (Rafailov et al. 2023, section 5), of the same
   * pairs in the same order.
   */
  record ValidationMargins(double[] candidateMargins, double[] championMargins) {
    ValidationMargins {
      if (candidateMargins.length != championMargins.length) {
        throw new IllegalArgumentException("the margins are not of the same pairs");
      }
    }
  }

  /**
   * Statistics of sampled answers.
   *
   * @param lengths tokens of each answer
   * @param stopped how many ended by themselves, not at the token limit
   * @param empty how many have no text
   */
  record Answers(double[] lengths, int stopped, int empty) {
    double stoppedShare() {
      return (double) stopped / Math.max(1, lengths.length);
    }

    double emptyShare() {
      return (double) empty / Math.max(1, lengths.length);
    }
  }

  /**
   * How far the engine is from the trainer, over the completion tokens of the validation pairs.
   *
   * @param mean absolute difference in what the adapter adds to a token's log-prob, in nats
   * @param tokens number of tokens compared
   */
  record ExportDifference(double mean, int tokens) {}
}
