package dev.whetstone.rollout.gate;

import java.util.Optional;

/**
 * What was measured of a candidate, beside the champion and the reference, through the engine that
 * serves.
 *
 * @param heldOut on pairs that no training saw
 * @param candidate answers it wrote to prompts of the log
 * @param champion answers to the same prompts
 * @param klPerAnswer log pi - log pi_ref of each of the candidate's answers, in nats: their mean
 *     estimates KL(candidate, reference)
 * @param canaryLogp mean log-prob of a token of the canary text under the candidate
 * @param referenceCanaryLogp the same under the reference
 * @param export how far the engine's log-probs are from the trainer's; empty for a version that was
 *     not trained here
 */
record GateEvidence(
    HeldOut heldOut,
    Answers candidate,
    Answers champion,
    double[] klPerAnswer,
    double canaryLogp,
    double referenceCanaryLogp,
    Optional<Export> export) {

  /**
   * Implicit reward margins, chosen over rejected (Rafailov et al. 2023, section 5), of the same
   * pairs in the same order.
   */
  record HeldOut(double[] candidateMargins, double[] championMargins) {
    HeldOut {
      if (candidateMargins.length != championMargins.length) {
        throw new IllegalArgumentException("the margins are not of the same pairs");
      }
    }
  }

  /**
   * Sampled answers.
   *
   * @param lengths tokens of each
   * @param ended how many ended by themselves
   * @param empty how many had no text
   */
  record Answers(double[] lengths, int ended, int empty) {
    double endedShare() {
      return (double) ended / Math.max(1, lengths.length);
    }

    double emptyShare() {
      return (double) empty / Math.max(1, lengths.length);
    }
  }

  /**
   * Agreement with the trainer, over completion tokens of the held-out pairs.
   *
   * @param meanDifference mean absolute difference of what the adapter adds to a token's log-prob
   * @param tokens compared
   */
  record Export(double meanDifference, int tokens) {}
}
