package dev.whetstone.rollout.gate;

import dev.whetstone.rollout.gate.GateDataset.ChosenLengths;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The measurements of a candidate, the champion and the reference.
 *
 * @param margins on votes of the gate part, newest first
 * @param candidate the candidate's answers to prompts of the log
 * @param champion the champion's answers to the same prompts
 * @param chosenLengths of what users chose
 * @param kl of candidate and champion from the reference
 * @param probe log-probs of the probe text
 * @param exportDifference how far the engine's log-probs are from the trainer's; empty for a
 *     version that was not trained here
 * @param checks what broke of the operator's checks; null where there are none
 */
record GateEvidence(
    Margins margins,
    Answers candidate,
    Answers champion,
    ChosenLengths chosenLengths,
    Kl kl,
    Probe probe,
    Optional<ExportDifference> exportDifference,
    @Nullable BrokenChecks checks) {

  /**
   * Implicit reward margins of chosen over rejected (Rafailov et al. 2023, section 5), of the same
   * pairs in the same order, with the conversation and the voter of each.
   */
  record Margins(
      double[] candidate, double[] champion, List<String> conversations, List<String> voters) {
    Margins {
      if (candidate.length != champion.length
          || candidate.length != conversations.size()
          || candidate.length != voters.size()) {
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
   * KL from the reference in nats an answer.
   *
   * @param standardError of the candidate's; 0 where the trainer judged it by the same budget
   * @param tailPValue chance of as many answers beyond 30 nats if one in fifty is usual
   * @param answers measured by the gate, 0 if there are none; null where the run measured it
   */
  record Kl(
      double candidate,
      double champion,
      double standardError,
      double tailPValue,
      @Nullable Integer answers) {
    boolean isUnknown() {
      return answers != null && answers == 0;
    }

    String source() {
      return answers == null ? "measured by the run" : answers + " answers";
    }
  }

  /** Mean log-prob of a token of the probe text under each, in nats. */
  record Probe(double candidate, double champion, double reference) {}

  /**
   * How far the engine is from the trainer, over the completion tokens that the trainer scored.
   *
   * @param mean absolute difference in what the adapter adds to a token's log-prob, in nats
   * @param tokens number of tokens compared
   */
  record ExportDifference(double mean, int tokens) {}

  /** The names of the operator's checks that the answers of each break. */
  record BrokenChecks(List<String> candidate, List<String> champion) {}
}
