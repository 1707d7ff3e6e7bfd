package dev.whetstone.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.rollout.duel.Guardrail;
import dev.whetstone.rollout.duel.GuardrailViolation;
import dev.whetstone.rollout.evidence.DuelEvidence;
import dev.whetstone.rollout.evidence.DuelRule;
import dev.whetstone.rollout.evidence.VoteEvidence;
import dev.whetstone.rollout.gate.Criterion;
import dev.whetstone.rollout.gate.CriterionResult;
import dev.whetstone.rollout.gate.GateVerdict;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DecisionsTest {
  private static final DuelRule RULE = new DuelRule(33, 10, 500);
  private static final List<GuardrailViolation> SLOW =
      List.of(new GuardrailViolation(Guardrail.LATENCY_RATIO, 3, "in [0.00, 2.00]"));

  @Test
  void anInconclusiveGateGoesOn() {
    List<CriterionResult> unclear = rows(GateVerdict.INCONCLUSIVE);
    assertThat(to(Decisions.ofGate(RolloutMode.DUEL, unclear))).isEqualTo(RolloutStatus.DUELLING);
    assertThat(to(Decisions.ofGate(RolloutMode.MANUAL, unclear)))
        .isEqualTo(RolloutStatus.AWAITING_APPROVAL);
    assertThat(Decisions.ofGate(RolloutMode.AUTOMATIC, unclear)).isNull();
  }

  @Test
  void aFailedGateRejectsAndAPassedOneGoesOn() {
    for (RolloutMode mode : RolloutMode.values()) {
      assertThat(to(Decisions.ofGate(mode, rows(GateVerdict.FAIL))))
          .isEqualTo(RolloutStatus.REJECTED);
    }
    assertThat(to(Decisions.ofGate(RolloutMode.AUTOMATIC, rows(GateVerdict.PASS))))
        .isEqualTo(RolloutStatus.PROMOTED);
  }

  @Test
  void votesDecideADuel() {
    assertThat(to(duel(9, 0, List.of(), List.of()))).isEqualTo(RolloutStatus.PROMOTED);
    assertThat(duel(4, 3, List.of(), List.of())).isNull();
    assertThat(to(duel(2, 12, List.of(), List.of()))).isEqualTo(RolloutStatus.INCONCLUSIVE);
    assertThat(to(duel(275, 225, List.of(), List.of()))).isEqualTo(RolloutStatus.INCONCLUSIVE);
  }

  /** A duel won 36 to 13 was rolled back for a busy machine before. */
  @Test
  void latencyHoldsACandidateThatTheVotesHaveNotDecided() {
    assertThat(to(duel(36, 13, List.of(), SLOW))).isEqualTo(RolloutStatus.PROMOTED);
    Transition held = Objects.requireNonNull(duel(4, 3, List.of(), SLOW));
    assertThat(to(held)).isEqualTo(RolloutStatus.INCONCLUSIVE);
    assertThat(held.reason()).contains("latency_ratio");
  }

  @Test
  void badAnswersEndADuelWhateverTheVotes() {
    List<GuardrailViolation> empty =
        List.of(new GuardrailViolation(Guardrail.EMPTY_COMPLETIONS, 0.5, "<= 0.05"));
    assertThat(to(duel(9, 0, empty, List.of()))).isEqualTo(RolloutStatus.ABORTED);
  }

  @Test
  void theNumbersOfADecisionAreStoredWithIt() {
    assertThat(Objects.requireNonNull(duel(9, 0, List.of(), List.of())).numbers())
        .containsKeys("wins", "losses", "evidence", "threshold", "futility");
  }

  @Test
  void everyEndingHasItsCause() {
    assertThat(cause(Decisions.ofGate(RolloutMode.DUEL, rows(GateVerdict.FAIL))))
        .isEqualTo("quality");
    assertThat(cause(duel(9, 0, List.of(), List.of()))).isEqualTo("votes");
    assertThat(cause(duel(2, 12, List.of(), List.of()))).isEqualTo("futile");
    assertThat(cause(duel(275, 225, List.of(), List.of()))).isEqualTo("vote_limit");
    assertThat(cause(duel(4, 3, List.of(), SLOW))).isEqualTo("latency_ratio");
  }

  @Test
  void aDuelEndsUndecidedAfterItsTime() {
    Transition ended =
        Decisions.ofDuel(DuelEvidence.of(new VoteEvidence(4, 3)), RULE, List.of(), List.of(), true);
    assertThat(to(ended)).isEqualTo(RolloutStatus.INCONCLUSIVE);
    assertThat(cause(ended)).isEqualTo("time_limit");
    assertThat(
            to(
                Decisions.ofDuel(
                    DuelEvidence.of(new VoteEvidence(9, 0)), RULE, List.of(), List.of(), true)))
        .as("votes that decide count to the last")
        .isEqualTo(RolloutStatus.PROMOTED);
  }

  @Test
  void oldWordsAreStoredForNewEndings() {
    assertThat(RolloutStatus.SUPERSEDED.stored()).isEqualTo("held");
    assertThat(RolloutStatus.ROLLED_BACK.stored()).isEqualTo("promoted");
    for (RolloutStatus status : RolloutStatus.values()) {
      assertThat(RolloutStatus.ofStored(status.stored(), status.ending())).isEqualTo(status);
    }
  }

  private static @Nullable Transition duel(
      int wins, int losses, List<GuardrailViolation> alarms, List<GuardrailViolation> slow) {
    return Decisions.ofDuel(
        DuelEvidence.of(new VoteEvidence(wins, losses)), RULE, alarms, slow, false);
  }

  private static String cause(@Nullable Transition transition) {
    return Objects.requireNonNull(transition).cause().label();
  }

  private static RolloutStatus to(@Nullable Transition transition) {
    return Objects.requireNonNull(transition).to();
  }

  private static List<CriterionResult> rows(GateVerdict verdict) {
    return List.of(
        new CriterionResult(Criterion.QUALITY, 0, "", verdict),
        new CriterionResult(Criterion.LENGTH_RATIO, 1, "", GateVerdict.PASS));
  }
}
