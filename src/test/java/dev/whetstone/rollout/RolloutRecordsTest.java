package dev.whetstone.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.database.DatabaseException;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.rollout.DecisionStore.Ending;
import dev.whetstone.rollout.duel.Arm;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What operators read of decisions: candidates that wait, causes, ties, and what a watch did. */
@Tag("database")
class RolloutRecordsTest extends RolloutCase {
  private static final String CLEAR = "{\"select_gain\": 0.3, \"select_gain_se\": 0.05}";
  private static final String UNCLEAR = "{\"select_gain\": 0.01, \"select_gain_se\": 0.05}";

  @Override
  Map<String, String> settings() {
    return Map.of("whetstone.rollout.duel.min-votes", "30");
  }

  @Test
  void aCandidateThatWaitsIsShownWithWhatItWaitsForAndKeepsItsId() throws Exception {
    PolicyRecord candidate = run(1, UNCLEAR);
    rollouts.step();

    WaitingCandidate waiting = rollouts.waiting().getFirst();
    assertThat(waiting.candidate().version()).isEqualTo(candidate.version());
    assertThat(waiting.champion()).isEqualTo("v0");
    assertThat(waiting.reason()).contains("30 more usable votes");

    for (int i = 0; i < 30; i++) {
      vote(base(), base(), "user " + i, "a");
    }
    assertThat(rollouts.waiting().getFirst().reason()).isEqualTo("its turn is next");
    rollouts.step();

    assertThat(rollouts.waiting()).isEmpty();
    assertThat(rollouts.store().active().orElseThrow().id())
        .isEqualTo(waiting.candidate().rolloutId());
  }

  @Test
  void anOperatorEndsACandidateThatWaits() throws Exception {
    PolicyRecord candidate = run(1, UNCLEAR);
    WaitingCandidate waiting = rollouts.waiting().getFirst();

    assertThat(rollouts.cancel(waiting, OPERATOR)).isTrue();
    assertThat(rollouts.cancel(waiting, OPERATOR)).isFalse();

    assertThat(rollouts.waiting()).isEmpty();
    Rollout ended = rollouts.store().find(waiting.candidate().rolloutId()).orElseThrow();
    assertThat(ended.status()).isEqualTo(RolloutStatus.CANCELLED);
    assertThat(ended.reason()).isEqualTo("a test");
    assertThat(gateway.policies.store().require(candidate.version()).status())
        .isEqualTo(PolicyStatus.HELD);
  }

  /** Its run kept the queue's first place for ever, before. */
  @Test
  void aWaitingCandidateThatAnOperatorPromotedLeavesTheQueue() throws Exception {
    PolicyRecord candidate = run(1, UNCLEAR);
    gateway.promote(candidate.version());
    rollouts.step();

    assertThat(rollouts.waiting()).isEmpty();
    assertThat(rollouts.store().page(null, 1).getFirst().status())
        .isEqualTo(RolloutStatus.PROMOTED);
    assertThat(gateway.policies.store().require(candidate.version()).status())
        .isEqualTo(PolicyStatus.READY);
  }

  @Test
  void endingsAreCountedByStatusAndCauseAndARollbackIsOneOfThem() throws Exception {
    run(1, UNCLEAR);
    PolicyRecord candidate = run(2, CLEAR);
    rollouts.step();
    rollouts.step();
    Rollout duel = rollouts.store().active().orElseThrow();
    assertThat(duel.status()).as(duel.toString()).isEqualTo(RolloutStatus.DUELLING);
    for (int i = 0; i < 8; i++) {
      vote(candidate, base(), "user " + i, "a");
    }
    rollouts.step();
    assertThat(rollouts.decisions().lastEnded().orElseThrow().decision())
        .isEqualTo(RolloutStatus.PROMOTED);

    gateway.policies.reconcile();
    rollouts.step();
    for (int i = 0; i < 12; i++) {
      vote(candidate, base(), "user " + i, "b");
    }
    rollouts.step();
    rollouts.step();

    assertThat(rollouts.decisions().endings())
        .containsEntry(new Ending(RolloutStatus.SUPERSEDED, "newer_candidate"), 1L)
        .containsEntry(new Ending(RolloutStatus.PROMOTED, "votes"), 1L)
        .containsEntry(new Ending(RolloutStatus.ROLLED_BACK, "watch"), 1L);
    assertThat(rollouts.figures().watchRollbacks()).isOne();
    assertThat(rollouts.figures().promotions()).isOne();
    assertThat(rollouts.figures().rollbacks()).isOne();
    assertThat(rollouts.lastChampionChange().orElseThrow().version()).isEqualTo("v0");
    DecisionStore.Ended last = rollouts.decisions().lastEnded().orElseThrow();
    assertThat(last.about()).isEqualTo(duel.id());
    assertThat(last.decision()).isEqualTo(RolloutStatus.ROLLED_BACK);
    assertThat(last.reason()).startsWith("watch: ");
    Decision decision = rollouts.decisions().of(duel.id()).getLast();
    assertThat(decision.numbers()).contains("\"losses\": 12", "evidence");
    assertThat(rollouts.watches().overBase())
        .extracting(Watch::champion)
        .containsExactly(candidate.version());
  }

  @Test
  void tiesAndBothBadAreShownBesideThoseOfTheChampionAlone() throws Exception {
    PolicyRecord candidate = run(1, CLEAR);
    rollouts.step();
    rollouts.step();
    for (int i = 0; i < 4; i++) {
      vote(candidate, base(), "user " + i, List.of("a", "b", "tie", "both_bad").get(i));
    }
    vote(base(), base(), "user 9", "both_bad");
    rollouts.step();

    Rollout duel = rollouts.store().active().orElseThrow();
    ChoiceCounts own = rollouts.store().choices(duel, false);
    assertThat(own).isEqualTo(new ChoiceCounts(4, 1, 1));
    assertThat(own.tieRate()).isEqualTo(0.25);
    assertThat(rollouts.store().choices(duel, true)).isEqualTo(new ChoiceCounts(1, 0, 1));
    assertThat(new ChoiceCounts(0, 0, 0).bothBadRate()).isNull();
  }

  /** What was counted while the database refused it was lost before. */
  @Test
  void figuresThatTheDatabaseDidNotTakeAreToldAgain() throws Exception {
    run(1, CLEAR);
    rollouts.step();
    rollouts.step();
    Rollout duel = rollouts.store().active().orElseThrow();
    gateway.policies.reconcile();
    rollouts.duelTracker().refresh();
    Policy base = gateway.policies.serving().champion();
    Completion answer =
        new Completion(
            base.version(),
            new int[] {3, 2},
            new float[] {-1, -1},
            List.of(),
            "an answer",
            FinishReason.STOP,
            null,
            false);
    rollouts
        .duelTracker()
        .observe(new PairAssignment(base, base), GenerationListener.NO_OP)
        .onFinish(0, answer);

    asOwner("ALTER TABLE rollout_figures RENAME TO away");
    assertThatThrownBy(() -> rollouts.duelTracker().refresh())
        .isInstanceOf(DatabaseException.class);
    asOwner("ALTER TABLE away RENAME TO rollout_figures");
    rollouts.duelTracker().refresh();
    rollouts.duelTracker().refresh();

    assertThat(
            rollouts
                .metrics()
                .of(ArmMetricsStore.Subject.ROLLOUT, duel.id(), Arm.ALONE)
                .completions())
        .isOne();
  }

  private void asOwner(String sql) {
    gateway.database.transaction(
        connection -> {
          try (Statement statement = connection.createStatement()) {
            return statement.execute("SET LOCAL ROLE NONE; " + sql);
          }
        });
  }

  private PolicyRecord run(long seed, String metrics) throws Exception {
    return run(seed, metrics, PolicyStatus.CANDIDATE);
  }

  private void vote(PolicyRecord a, PolicyRecord b, String user, String choice) {
    vote(new Sides(a, b), user, "prompt " + nextPair(), choice, "{}", "another");
  }
}
