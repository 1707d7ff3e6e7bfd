package dev.whetstone.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.Sql;
import dev.whetstone.lora.Adapters;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.Provenance;
import dev.whetstone.preference.VoteExclusions;
import dev.whetstone.testing.TestModels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What follows from duels, watches and what operators change, stepped by hand. */
@Tag("database")
class RolloutFlowTest extends SteppedRollouts {
  @Test
  void votesPromoteACandidateAndTheWatchTakesItBack() throws Exception {
    PolicyRecord candidate = gateway.register(1);
    Rollout duel = duelling(candidate);
    assertThat(duel.attempt()).isEqualTo(1);

    for (int i = 0; i < 8; i++) {
      vote(candidate, base(), "user " + i % 5, "prompt " + i, true);
    }
    rollouts.step();

    assertThat(status(duel)).isEqualTo(RolloutStatus.PROMOTED);
    gateway.policies.reconcile();
    assertThat(gateway.champion()).isEqualTo(candidate.version());

    rollouts.step();
    for (int i = 0; i < 12; i++) {
      vote(candidate, base(), "user " + i % 5, "later " + i, false);
    }
    rollouts.step();
    rollouts.step();

    gateway.policies.reconcile();
    assertThat(gateway.champion()).isEqualTo("v0");
    assertThat(status(duel)).isEqualTo(RolloutStatus.ROLLED_BACK);
    Watch.WinRate rate =
        Objects.requireNonNull(
            rollouts.watches().overBase(candidate.version()).orElseThrow().winRate());
    assertThat(rate.high()).isLessThan(1);
    assertThat(auditOf("rollback")).contains("watch: ");
  }

  /**
   * Twenty votes on pairs that tell nothing, and a sniper with names of one key, decide nothing.
   */
  @Test
  void votesThatAreNoEvidenceAreStoredAsSuch() throws Exception {
    PolicyRecord candidate = gateway.register(1);
    Rollout duel = duelling(candidate);
    for (int i = 0; i < 20; i++) {
      vote(
          candidate, base(), "user " + i, "biased " + i, true, "{\"logit_bias\": {\"5\": 9}}", "x");
      vote(candidate, base(), "user " + i, "cold " + i, true, "{\"temperature\": 0.1}", "x");
      vote(candidate, base(), "user " + i, "greedy " + i, true, "{\"top_k\": 1}", "x");
      vote(candidate, base(), "user " + i, "stopped " + i, true, "{\"stop\": [\".\"]}", "x");
      vote(candidate, base(), "user " + i, "same " + i, true, "{}", null);
    }
    rollouts.step();

    assertThat(rollouts.store().find(duel.id()).orElseThrow().evidence().counted()).isZero();
    assertThat(reasons(duel)).containsOnlyKeys("unusable").containsValue(100L);
  }

  @Test
  void whatWasCountedStaysCountedWhenAUserIsErased() throws Exception {
    PolicyRecord candidate = gateway.register(1);
    Rollout duel = duelling(candidate);
    for (int i = 0; i < 6; i++) {
      vote(candidate, base(), "user " + i, "prompt " + i, i % 2 == 0);
    }
    rollouts.step();
    gateway.database.transaction(
        c -> Sql.update(c, "DELETE FROM preferences WHERE user_id = 'user 1'"));
    rollouts.step();

    assertThat(rollouts.store().find(duel.id()).orElseThrow().evidence().counted()).isEqualTo(6);
    assertThat(
            gateway.database.list(
                row -> row.getString(1), "SELECT user_id FROM evidence_voters ORDER BY 1"))
        .hasSize(5)
        .doesNotContain("user 1");
  }

  /** An operator takes a key out in the middle of a duel, and back. */
  @Test
  void aKeyThatIsNotCountedProvesNothing() throws Exception {
    PolicyRecord candidate = gateway.register(1);
    Rollout duel = duelling(candidate);
    for (int i = 0; i < 6; i++) {
      vote(candidate, base(), "user " + i, "prompt " + i, i % 2 == 0);
    }
    rollouts.step();
    VoteExclusions exclusions = new VoteExclusions(gateway.database);

    exclusions.add(VoteExclusions.Kind.KEY, "key_1", "made-up names", OPERATOR.actor());
    vote(candidate, base(), "user 9", "prompt 9", true);
    rollouts.step();
    assertThat(rollouts.store().find(duel.id()).orElseThrow().evidence().counted()).isZero();
    assertThat(reasons(duel)).containsEntry("unusable", 1L);

    exclusions.remove(VoteExclusions.Kind.KEY, "key_1", "a mistake", OPERATOR.actor());
    vote(candidate, base(), "user 8", "prompt 8", true);
    rollouts.step();
    assertThat(rollouts.store().find(duel.id()).orElseThrow().evidence().counted()).isEqualTo(7);
  }

  @Test
  void aLostDuelEndsAndTheNextNeedsMore() throws Exception {
    PolicyRecord candidate = gateway.register(1);
    Rollout duel = duelling(candidate);
    for (int i = 0; i < 14; i++) {
      vote(candidate, base(), "user " + i % 7, "prompt " + i, false);
    }
    rollouts.step();
    assertThat(status(duel)).isEqualTo(RolloutStatus.INCONCLUSIVE);

    Rollout next = duelling(gateway.register(2));
    assertThat(next.attempt()).isEqualTo(2);
    assertThat(rollouts.threshold(next)).isGreaterThan(131);
  }

  /** A gate that met an operator's rollback promoted the child of what was rolled back, before. */
  @Test
  void anOperatorsRollbackWinsOverAPromotionUnderWay() throws Exception {
    PolicyRecord first = gateway.register(1);
    gateway.promote(first.version());
    PolicyRecord candidate = gateway.register(2);
    Rollout duel = duelling(candidate);
    for (int i = 0; i < 8; i++) {
      vote(candidate, first, "user " + i % 5, "prompt " + i, true);
    }
    gateway.rollBack(null);

    rollouts.step();

    assertThat(status(duel)).isEqualTo(RolloutStatus.SUPERSEDED);
    gateway.policies.reconcile();
    assertThat(gateway.champion()).isEqualTo("v0");
  }

  @Test
  void whatWasTrainedOnTopOfARolledBackVersionEnds() throws Exception {
    PolicyRecord parent = gateway.register(1);
    gateway.promote(parent.version());
    Rollout duel =
        duelling(
            gateway
                .policies
                .store()
                .register(
                    Adapters.of(TestModels.tiny().config(), 4, 2),
                    new Provenance(parent.version(), null, null),
                    PolicyStatus.READY,
                    OPERATOR)
                .row());
    gateway.rollBack(null);

    rollouts.step();

    Rollout ended = rollouts.store().find(duel.id()).orElseThrow();
    assertThat(ended.status()).isEqualTo(RolloutStatus.INCONCLUSIVE);
    assertThat(ended.reason())
        .isEqualTo("it was trained on top of " + parent.version() + ", which was rolled back");
    gateway.policies.reconcile();
    assertThat(gateway.champion()).isEqualTo("v0");
  }

  @Test
  void aPreparedChangeFallsWhenTheAliasesChanged() throws Exception {
    PolicyRecord first = gateway.register(1);
    Promoter prepared =
        Promoter.prepare(
            gateway.policies,
            first.version(),
            gateway.database.statement(gateway.policies.aliases()::read));
    assertThat(
            gateway.database.<Boolean>transaction(
                c -> prepared.stands(c, gateway.policies.aliases())))
        .isTrue();
    gateway.promote(first.version());
    assertThat(
            gateway.database.<Boolean>transaction(
                c -> prepared.stands(c, gateway.policies.aliases())))
        .isFalse();
  }

  @Test
  void theNewestCandidateGoesFirstAndTheOthersAreSuperseded() throws Exception {
    PolicyRecord older = run(1, "{}");
    PolicyRecord newer = run(2, "{}");

    rollouts.step();

    List<Rollout> all = rollouts.store().page(null, 10);
    assertThat(all).extracting(Rollout::candidate).contains(older.version(), newer.version());
    assertThat(of(all, older).status()).isEqualTo(RolloutStatus.SUPERSEDED);
    assertThat(of(all, newer).status()).isEqualTo(RolloutStatus.GATING);
  }

  @Test
  void aBetterCandidateTakesOverADuelThatHasNotBegunToSpeak() throws Exception {
    run(1, "{\"select_gain\": 0.1, \"select_gain_se\": 0.05}");
    rollouts.step();
    rollouts.step();
    Rollout duel = rollouts.store().active().orElseThrow();
    assertThat(duel.status()).isEqualTo(RolloutStatus.DUELLING);
    run(2, "{\"select_gain\": 0.12, \"select_gain_se\": 0.05}");
    rollouts.step();
    assertThat(status(duel)).isEqualTo(RolloutStatus.DUELLING);
    run(3, "{\"select_gain\": 0.3, \"select_gain_se\": 0.05}");
    rollouts.step();

    assertThat(status(duel)).isEqualTo(RolloutStatus.SUPERSEDED);
  }

  /** A weak early candidate does not hold the line while one that learned much more waits. */
  @Test
  void aCandidateThatLearnedFromTwiceTheVotesTakesOverASlowDuelAlone() throws Exception {
    String clear = "{\"select_gain\": 0.1, \"select_gain_se\": 0.05}";
    PolicyRecord weak = run(1, clear);
    learned(weak, 40);
    rollouts.step();
    rollouts.step();
    Rollout duel = rollouts.store().active().orElseThrow();
    for (int i = 0; i < 20; i++) {
      vote(weak, base(), "user " + i % 7, "prompt " + i, i % 20 < 11);
    }
    learned(run(2, clear), 79);
    rollouts.step();
    assertThat(status(duel)).as("not twice as many").isEqualTo(RolloutStatus.DUELLING);

    for (int i = 0; i < 10; i++) {
      vote(weak, base(), "user " + i % 7, "more " + i, true);
    }
    learned(run(3, clear), 80);
    rollouts.step();
    assertThat(status(duel)).as("not slow: 21 to 9").isEqualTo(RolloutStatus.DUELLING);

    for (int i = 0; i < 6; i++) {
      vote(weak, base(), "user " + i % 7, "last " + i, false);
    }
    rollouts.step();
    assertThat(status(duel)).as("21 to 15").isEqualTo(RolloutStatus.SUPERSEDED);
    assertThat(rollouts.store().find(duel.id()).orElseThrow().reason()).contains("twice the votes");
  }

  private void learned(PolicyRecord candidate, int pool) {
    gateway.database.update(
        "UPDATE training_runs SET pool = ? WHERE policy = ?", pool, candidate.version());
  }

  @Test
  void aWeakCandidateWaitsForVotes() throws Exception {
    rollouts = rollouts(Map.of("whetstone.rollout.duel.min-votes", "3"));
    PolicyRecord candidate = run(1, "{\"select_gain\": 0.01, \"select_gain_se\": 0.05}");
    rollouts.step();
    assertThat(rollouts.store().active()).isEmpty();
    for (int i = 0; i < 5; i++) {
      vote(candidate, base(), "user", "prompt " + i, true);
    }
    rollouts.step();
    assertThat(rollouts.store().active()).isPresent();
  }

  @Test
  void nothingIsDecidedWhileLearningIsPaused() throws Exception {
    PolicyRecord candidate = gateway.register(1);
    Rollout duel = duelling(candidate);
    for (int i = 0; i < 8; i++) {
      vote(candidate, base(), "user " + i % 5, "prompt " + i, true);
    }
    gateway.database.transaction(
        c ->
            Sql.update(
                c,
                "INSERT INTO learning_pauses (base_hash, reason, actor) VALUES (?, 'a test', 'me')",
                gateway.policies.base().hash()));
    rollouts.step();

    Rollout paused = rollouts.store().find(duel.id()).orElseThrow();
    assertThat(paused.status()).isEqualTo(RolloutStatus.DUELLING);
    assertThat(paused.evidence().votes().wins()).isEqualTo(8);
  }

  private static Rollout of(List<Rollout> all, PolicyRecord candidate) {
    return all.stream()
        .filter(rollout -> rollout.candidate().equals(candidate.version()))
        .findFirst()
        .orElseThrow();
  }

  private Map<String, Long> reasons(Rollout duel) {
    Map<String, Long> reasons = new HashMap<>();
    gateway.database.list(
        row -> reasons.put(row.getString(1), row.getLong(2)),
        "SELECT reason, count(*) FROM evidence_votes WHERE subject = ? GROUP BY reason",
        duel.id());
    return reasons;
  }

  private String auditOf(String action) {
    return gateway
        .database
        .list(row -> row.getString(1), "SELECT detail::text FROM audit WHERE action = ?", action)
        .toString();
  }
}
