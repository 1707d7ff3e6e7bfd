package dev.whetstone.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.database.Sql;
import dev.whetstone.lora.Adapters;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.Provenance;
import dev.whetstone.rollout.RolloutStore.Ending;
import dev.whetstone.rollout.gate.OperatorChecks;
import dev.whetstone.testing.ServingFixture;
import dev.whetstone.testing.TestModels;
import dev.whetstone.training.TrainingRunStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators read of decisions: candidates that wait, causes, ties, and what a watch did. */
@Tag("database")
class RolloutRecordsTest {
  private static final ChangeContext OPERATOR = new ChangeContext("operator_1", "a test");
  private static final String CLEAR = "{\"select_gain\": 0.3, \"select_gain_se\": 0.05}";
  private static final String UNCLEAR = "{\"select_gain\": 0.01, \"select_gain_se\": 0.05}";

  @TempDir Path home;
  private ServingFixture gateway;
  private Rollouts rollouts;
  private int pairs;

  @BeforeEach
  void open() throws Exception {
    gateway = new ServingFixture(home.resolve("disk"), DatabaseConfig.of(home, null), "one", true);
    Map<String, String> harmless =
        Map.of(
            "whetstone.rollout.gate.kl-budget", "1e30",
            "whetstone.rollout.gate.kl-step-budget", "1e30",
            "whetstone.rollout.gate.max-perplexity-ratio", "1e30",
            "whetstone.rollout.gate.max-length-ratio", "1e6",
            "whetstone.rollout.gate.min-length-ratio", "1e-6",
            "whetstone.rollout.gate.max-truncated-excess", "1",
            "whetstone.rollout.gate.max-empty-excess", "1",
            "whetstone.rollout.duel.min-votes", "30");
    rollouts =
        new Rollouts(
            gateway.engine,
            gateway.policies,
            new TrainingRunStore(gateway.database, gateway.policies.base().hash()),
            ServingFixture.settings(RolloutConfig.class, harmless),
            Duration.ofSeconds(1),
            new int[] {1, 2, 3, 4},
            OperatorChecks.NONE,
            new Random(1),
            InstantSource.system());
  }

  @AfterEach
  void close() {
    gateway.close();
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
    assertThat(rollouts.store().lastEnded().orElseThrow().decision()).isEqualTo("promoted");

    gateway.policies.reconcile();
    rollouts.step();
    for (int i = 0; i < 12; i++) {
      vote(candidate, base(), "user " + i, "b");
    }
    rollouts.step();
    rollouts.step();

    assertThat(rollouts.store().endings())
        .containsEntry(new Ending("superseded", "newer_candidate"), 1L)
        .containsEntry(new Ending("promoted", "votes"), 1L)
        .containsEntry(new Ending("rolled_back", "watch"), 1L);
    assertThat(rollouts.figures().watchRollbacks()).isOne();
    assertThat(rollouts.figures().promotions()).isOne();
    assertThat(rollouts.figures().rollbacks()).isOne();
    assertThat(rollouts.lastChampionChange().orElseThrow().version()).isEqualTo("v0");
    RolloutStore.Ended last = rollouts.store().lastEnded().orElseThrow();
    assertThat(last.about()).isEqualTo(duel.id());
    assertThat(last.decision()).isEqualTo("rolled_back");
    assertThat(last.reason()).startsWith("watch: ");
    Decision decision = rollouts.store().decisions(duel.id()).getLast();
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

  private PolicyRecord base() {
    return gateway.policies.store().require("v0");
  }

  private PolicyRecord run(long seed, String metrics) throws Exception {
    String id =
        gateway
            .database
            .first(
                row -> row.getString(1),
                "INSERT INTO training_runs (base_hash, status, trigger, requested_by, config,"
                    + " parent, metrics, started_at) VALUES (?, 'succeeded', 'votes', 'a test',"
                    + " '{}', 'v0', ?::jsonb, now()) RETURNING run_id",
                gateway.policies.base().hash(),
                metrics)
            .orElseThrow();
    PolicyRecord made =
        gateway
            .policies
            .store()
            .register(
                Adapters.of(TestModels.tiny().config(), 4, seed),
                new Provenance("v0", id, null),
                PolicyStatus.CANDIDATE,
                OPERATOR)
            .row();
    gateway.database.update(
        "UPDATE training_runs SET policy = ? WHERE run_id = ?", made.version(), id);
    return made;
  }

  /** Stores a pair, the first version on side a, and a vote on it. */
  private void vote(PolicyRecord a, PolicyRecord b, String user, String choice) {
    String id = "pair_" + pairs++;
    gateway.database.transaction(
        c -> {
          Sql.update(
              c,
              """
              INSERT INTO pairs (pair_id, key_id, user_id, prompt, prompt_ids, prompt_hash, messages,
                text_a, text_b, ids_a, ids_b, logps_a, logps_b, finish_a, finish_b, policy_a,
                policy_b, hash_a, hash_b, base_hash, sampling, created_at, expires_at)
              VALUES (?, 'key_1', ?, ?, '{3,4}', sha256(?::bytea), '[{"role":"user","content":"hi"}]',
                'an answer', 'another', '{5,6}', '{7,8}', '{-1,-1}', '{-1,-1}', 'stop', 'stop', ?,
                ?, ?, ?, ?, '{}', now(), now() + interval '1 day')
              """,
              id,
              user,
              id,
              id,
              a.version(),
              b.version(),
              a.hash(),
              b.hash(),
              gateway.policies.base().hash());
          return Sql.update(
              c,
              "INSERT INTO preferences (preference_id, pair_id, key_id, user_id, choice,"
                  + " recorded_at, policy_a, policy_b) VALUES (?, ?, 'key_1', ?, ?, now(), ?, ?)",
              "pref_" + id,
              id,
              user,
              choice,
              a.version(),
              b.version());
        });
  }
}
