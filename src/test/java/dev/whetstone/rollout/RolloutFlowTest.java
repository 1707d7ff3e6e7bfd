package dev.whetstone.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.database.Sql;
import dev.whetstone.lora.Adapters;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.Provenance;
import dev.whetstone.rollout.gate.OperatorChecks;
import dev.whetstone.testing.ServingFixture;
import dev.whetstone.testing.TestModels;
import dev.whetstone.training.TrainingRunStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The state machine on a real database and engine, stepped by hand. */
class RolloutFlowTest {
  private static final ChangeContext OPERATOR = new ChangeContext("operator_1", "a test");
  private static final int[] PROBE = {1, 2, 3, 4};

  @TempDir Path home;
  private ServingFixture gateway;
  private Rollouts rollouts;
  private int pairs;

  @BeforeEach
  void open() throws Exception {
    gateway = new ServingFixture(home.resolve("disk"), DatabaseConfig.of(home, null), "one", true);
    rollouts = rollouts(Map.of());
  }

  @AfterEach
  void close() {
    gateway.close();
  }

  private Rollouts rollouts(Map<String, String> more) {
    Map<String, String> settings =
        new HashMap<>(
            Map.of(
                "whetstone.rollout.gate.kl-budget", "1e30",
                "whetstone.rollout.gate.kl-step-budget", "1e30",
                "whetstone.rollout.gate.max-perplexity-ratio", "1e30",
                "whetstone.rollout.gate.max-length-ratio", "1e6",
                "whetstone.rollout.gate.min-length-ratio", "1e-6",
                "whetstone.rollout.gate.max-truncated-excess", "1",
                "whetstone.rollout.gate.max-empty-excess", "1",
                "whetstone.rollout.duel.min-votes", "0"));
    settings.putAll(more);
    return new Rollouts(
        gateway.engine,
        gateway.policies,
        new TrainingRunStore(gateway.database, gateway.policies.base().hash()),
        ServingFixture.settings(RolloutConfig.class, settings),
        Duration.ofSeconds(1),
        PROBE,
        OperatorChecks.NONE,
        new Random(1),
        InstantSource.system());
  }

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
    Watch.WinRate rate = rollouts.watches().overBase(candidate.version()).orElseThrow().winRate();
    assertThat(rate).isNotNull();
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

    assertThat(rollouts.store().find(duel.id()).orElseThrow().evidence().votes()).isZero();
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

    assertThat(rollouts.store().find(duel.id()).orElseThrow().evidence().votes()).isEqualTo(6);
    assertThat(
            gateway.database.list(
                row -> row.getString(1), "SELECT user_id FROM evidence_voters ORDER BY 1"))
        .hasSize(5)
        .doesNotContain("user 1");
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

  /** One import of a long text blocked every candidate's gate for ever. */
  @Test
  void aPromptThatFitsNoSlotDoesNotBlockTheGate() throws Exception {
    PolicyRecord candidate = gateway.register(1);
    int tooLong = gateway.engine.slotLength() + 100;
    vote(candidate, base(), "user", "long", true);
    gateway.database.transaction(
        c -> Sql.update(c, "UPDATE pairs SET prompt_ids = array_fill(5, ARRAY[?])", tooLong));

    assertThat(duelling(candidate).gateFailures()).isZero();
  }

  @Test
  void anErrorInTheGateEndsTheRolloutAfterThreeTries() throws Exception {
    PolicyRecord candidate = gateway.register(1);
    Rollout rollout = opened(candidate);
    vote(candidate, base(), "user", "bad", true);
    // a token that the model does not have
    gateway.database.transaction(c -> Sql.update(c, "UPDATE pairs SET prompt_ids = ARRAY[999999]"));
    for (int i = 0; i < 3; i++) {
      assertThat(status(rollout)).isEqualTo(RolloutStatus.GATING);
      rollouts.step();
    }

    Rollout ended = rollouts.store().find(rollout.id()).orElseThrow();
    assertThat(ended.status()).isEqualTo(RolloutStatus.INCONCLUSIVE);
    assertThat(ended.reason()).startsWith("the gate failed 3 times");
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

  @Test
  void aWeakCandidateWaitsForVotes() throws Exception {
    rollouts = rollouts(Map.of("whetstone.rollout.duel.min-votes", "3"));
    PolicyRecord candidate = run(1, "{\"select_gain\": 0.01, \"select_gain_se\": 0.05}");
    rollouts.step();
    assertThat(rollouts.store().active()).isEmpty();
    for (int i = 0; i < 3; i++) {
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
    assertThat(paused.evidence().wins()).isEqualTo(8);
  }

  private PolicyRecord base() {
    return gateway.policies.store().require("v0");
  }

  private Rollout opened(PolicyRecord candidate) {
    return gateway
        .database
        .transaction(c -> rollouts.open(c, candidate, RolloutMode.DUEL, 1, OPERATOR))
        .orElseThrow();
  }

  private Rollout duelling(PolicyRecord candidate) {
    Rollout rollout = opened(candidate);
    rollouts.step();
    Rollout duel = rollouts.store().find(rollout.id()).orElseThrow();
    assertThat(duel.status())
        .as(duel.reason() + " " + rollouts.store().gateResults(duel.id()))
        .isEqualTo(RolloutStatus.DUELLING);
    return duel;
  }

  private RolloutStatus status(Rollout rollout) {
    return rollouts.store().find(rollout.id()).orElseThrow().status();
  }

  private static Rollout of(List<Rollout> all, PolicyRecord candidate) {
    return all.stream()
        .filter(rollout -> rollout.candidate().equals(candidate.version()))
        .findFirst()
        .orElseThrow();
  }

  /** A succeeded run and its version. */
  private PolicyRecord run(long seed, String metrics) throws Exception {
    gateway.register(1_000 + seed);
    String id =
        gateway
            .database
            .transaction(
                c ->
                    Sql.first(
                        c,
                        row -> row.getString(1),
                        "INSERT INTO training_runs (base_hash, status, trigger, requested_by,"
                            + " config, parent, metrics, started_at) VALUES (?, 'succeeded',"
                            + " 'votes', 'a test', '{}', 'v0', ?::jsonb, now()) RETURNING run_id",
                        gateway.policies.base().hash(),
                        metrics))
            .orElseThrow();
    PolicyRecord made =
        gateway
            .policies
            .store()
            .register(
                Adapters.of(TestModels.tiny().config(), 4, seed),
                new Provenance("v0", id, null),
                PolicyStatus.READY,
                OPERATOR)
            .row();
    gateway.database.transaction(
        c ->
            Sql.update(
                c, "UPDATE training_runs SET policy = ? WHERE run_id = ?", made.version(), id));
    return made;
  }

  private void vote(
      PolicyRecord one, PolicyRecord other, String user, String prompt, boolean forTheFirst) {
    vote(one, other, user, prompt, forTheFirst, "{}", "another answer");
  }

  /** Stores a pair, the two versions on sides drawn at random, and a vote on it. */
  private void vote(
      PolicyRecord one,
      PolicyRecord other,
      String user,
      String prompt,
      boolean forTheFirst,
      String sampling,
      @Nullable String otherText) {
    String id = "pair_" + pairs++;
    boolean swapped = new SplittableRandom(pairs).nextBoolean();
    PolicyRecord a = swapped ? other : one;
    PolicyRecord b = swapped ? one : other;
    gateway.database.transaction(
        c -> {
          Sql.update(
              c,
              """
              INSERT INTO pairs (pair_id, key_id, user_id, prompt, prompt_ids, prompt_hash, messages,
                text_a, text_b, ids_a, ids_b, logps_a, logps_b, finish_a, finish_b, policy_a,
                policy_b, hash_a, hash_b, base_hash, sampling, created_at, expires_at)
              VALUES (?, 'key_1', ?, ?, '{3,4}', sha256(?::bytea), '[{"role":"user","content":"hi"}]',
                'an answer', ?, '{5,6}', ?::integer[], '{-1,-1}', '{-1,-1}', 'stop', 'stop', ?, ?,
                ?, ?, ?, ?::jsonb, now(), now() + interval '1 day')
              """,
              id,
              user,
              prompt,
              prompt,
              otherText == null ? "an answer" : otherText,
              otherText == null ? "{5,6}" : "{7,8}",
              a.version(),
              b.version(),
              a.hash(),
              b.hash(),
              gateway.policies.base().hash(),
              sampling);
          return Sql.update(
              c,
              "INSERT INTO preferences (preference_id, pair_id, key_id, user_id, choice,"
                  + " recorded_at, policy_a, policy_b) VALUES (?, ?, 'key_1', ?, ?, now(), ?, ?)",
              "pref_" + id,
              id,
              user,
              forTheFirst == swapped ? "b" : "a",
              a.version(),
              b.version());
        });
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
    return Optional.of(
            gateway.database.list(
                row -> row.getString(1), "SELECT detail::text FROM audit WHERE action = ?", action))
        .orElseThrow()
        .toString();
  }
}
