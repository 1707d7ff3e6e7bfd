package dev.whetstone.rollout;

import dev.whetstone.database.Sql;
import dev.whetstone.lora.Adapters;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.Provenance;
import dev.whetstone.rollout.gate.OperatorChecks;
import dev.whetstone.testing.ServingFixture;
import dev.whetstone.testing.SharedPostgres;
import dev.whetstone.testing.TestModels;
import dev.whetstone.training.TrainingRunStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Rollouts on a real database and engine, whose gate lets every candidate pass. */
abstract class RolloutCase {
  static final ChangeContext OPERATOR = new ChangeContext("operator_1", "a test");
  private static final int[] PROBE = {1, 2, 3, 4};

  @TempDir Path home;
  ServingFixture gateway;
  Rollouts rollouts;
  private int pairs;

  /** The versions that wrote the two sides of a pair. */
  record Sides(PolicyRecord a, PolicyRecord b) {}

  /** Settings of the rollouts that every test begins with. */
  Map<String, String> settings() {
    return Map.of();
  }

  @BeforeEach
  void open() throws Exception {
    gateway = new ServingFixture(home.resolve("disk"), SharedPostgres.create(), "one", true);
    gateway.awaitStore();
    rollouts = rollouts(settings(), OperatorChecks.NONE);
  }

  @AfterEach
  void close() {
    gateway.close();
  }

  Rollouts rollouts(Map<String, String> more, OperatorChecks checks) {
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
        checks,
        new Random(1),
        InstantSource.system());
  }

  PolicyRecord base() {
    return gateway.policies.store().require("v0");
  }

  /** A succeeded run and its version. */
  PolicyRecord run(long seed, String metrics, PolicyStatus status) throws Exception {
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
                status,
                OPERATOR)
            .row();
    gateway.database.update(
        "UPDATE training_runs SET policy = ? WHERE run_id = ?", made.version(), id);
    return made;
  }

  /** The number of the next pair. */
  int nextPair() {
    return pairs + 1;
  }

  /**
   * Stores a pair and a vote on it.
   *
   * @param otherText of side b; null is the text and the tokens of side a
   */
  void vote(
      Sides sides,
      String user,
      String prompt,
      String choice,
      String sampling,
      @Nullable String otherText) {
    String id = "pair_" + pairs++;
    PolicyRecord a = sides.a();
    PolicyRecord b = sides.b();
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
              choice,
              a.version(),
              b.version());
        });
  }
}
