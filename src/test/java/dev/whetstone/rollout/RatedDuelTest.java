package dev.whetstone.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.Sql;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.preference.VoteExclusions;
import dev.whetstone.rollout.evidence.RatingEvidence;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Duels that ratings of single answers decide, on a real database, stepped by hand. */
@Tag("database")
class RatedDuelTest extends RolloutCase {
  private int answers;

  @Test
  void ratingsAlonePromoteACandidate() throws Exception {
    PolicyRecord candidate = gateway.register(1);
    Rollout duel = duelling(candidate);
    for (int i = 0; i < 40; i++) {
      rated(duel, "user " + i % 10, "prompt " + i, i % 2 == 0, i % 2 == 0 ? "up" : "down");
    }
    rollouts.step();

    Rollout ended = rollouts.store().find(duel.id()).orElseThrow();
    assertThat(ended.status()).isEqualTo(RolloutStatus.PROMOTED);
    assertThat(ended.reason()).contains("20 of its 20 ratings good, 0 of 20 of the champion's");
    assertThat(ended.evidence().votes().votes()).isZero();
    assertThat(ended.evidence().ratings().candidateUp()).isEqualTo(20);
    assertThat(ended.evidence().eValue()).isGreaterThan(33);
  }

  @Test
  void theFirstRatingOfAConversationCounts() throws Exception {
    Rollout duel = duelling(gateway.register(1));
    String first = rated(duel, "anna", "hello", true, "up");
    rated(duel, "anna", "hello", true, "down");
    gateway.database.update("UPDATE ratings SET rating = 'down' WHERE completion_id = ?", first);
    rollouts.step();

    assertThat(evidence(duel)).extracting(RatingEvidence::candidateUp).isEqualTo(1);
    assertThat(evidence(duel).ratings()).isEqualTo(1);
    assertThat(reasons(duel)).isEqualTo(Map.of("counted", 1L, "same_pair", 1L));
  }

  /** As votes: neither sampling that forces, nor keys, nor one voter's many conversations. */
  @Test
  void ratingsThatAreNoEvidenceAreStoredAsSuch() throws Exception {
    Rollout duel = duelling(gateway.register(1));
    VoteExclusions exclusions = new VoteExclusions(gateway.database);
    exclusions.add(VoteExclusions.Kind.KEY, "key_bad", "made-up names", OPERATOR.actor());
    gateway.database.update(
        "INSERT INTO learning_refusals (key_id, user_id, reason, actor)"
            + " VALUES ('key_1', 'shy', 'asked', 'operator_1')");
    for (int i = 0; i < 20; i++) {
      rated(duel, "key_1", "a " + i, "biased " + i, true, "up", "{\"logit_bias\": {\"5\": 9}}");
      rated(duel, "key_1", "b " + i, "stopped " + i, true, "up", "{\"stop\": [\".\"]}");
      rated(duel, "key_bad", "c " + i, "excluded " + i, true, "up", "{}");
      rated(duel, "key_1", "shy", "refused " + i, true, "up", "{}");
    }
    rollouts.step();

    assertThat(evidence(duel)).isEqualTo(RatingEvidence.NONE);
    assertThat(reasons(duel))
        .isEqualTo(Map.of("logit_bias", 20L, "stop", 20L, "excluded", 20L, "no_consent", 20L));

    for (int i = 0; i < 20; i++) {
      rated(duel, "one", "mine " + i, true, "up");
    }
    rollouts.step();
    assertThat(evidence(duel).ratings()).isLessThan(20);
    assertThat(reasons(duel)).containsKey("voter_share");
  }

  @Test
  void whatAKeyProvedGoesWithItAndComesBack() throws Exception {
    Rollout duel = duelling(gateway.register(1));
    for (int i = 0; i < 4; i++) {
      rated(duel, "user " + i, "prompt " + i, true, "up");
    }
    rollouts.step();
    assertThat(evidence(duel).ratings()).isEqualTo(4);
    VoteExclusions exclusions = new VoteExclusions(gateway.database);

    exclusions.add(VoteExclusions.Kind.KEY, "key_1", "made-up names", OPERATOR.actor());
    rollouts.step();
    assertThat(evidence(duel)).isEqualTo(RatingEvidence.NONE);

    exclusions.remove(VoteExclusions.Kind.KEY, "key_1", "honest", OPERATOR.actor());
    rollouts.step();
    assertThat(evidence(duel).ratings()).isEqualTo(4);
  }

  @Test
  void whatWasCountedStaysCountedWhenAUserIsErased() throws Exception {
    Rollout duel = duelling(gateway.register(1));
    for (int i = 0; i < 4; i++) {
      rated(duel, "user " + i, "prompt " + i, true, "up");
    }
    rollouts.step();
    gateway.database.update("DELETE FROM answers WHERE user_id = 'user 1'");
    rollouts.step();

    assertThat(evidence(duel).ratings()).isEqualTo(4);
    assertThat(
            gateway.database.list(
                row -> row.getString(1), "SELECT user_id FROM evidence_voters ORDER BY 1"))
        .containsExactly("user 0", "user 2", "user 3");
    assertThat(
            gateway.database.list(
                row -> row.getString(1),
                "SELECT conversation FROM evidence_ratings WHERE conversation = feedback_id"))
        .hasSize(1);
  }

  /** An arm that is rated sooner would otherwise be ahead for a while. */
  @Test
  void aConversationWaitsForEarlierOnesThatCanStillBeRated() throws Exception {
    Rollout duel = duelling(gateway.register(1));
    String open = answer(duel, "key_1", "slow", "thinking", true, "{}", 60);
    rated(duel, "user 1", "prompt 1", true, "up");
    rollouts.step();
    assertThat(evidence(duel).ratings()).isZero();

    rate(open, "key_1", "slow", "down", 0);
    rollouts.step();
    assertThat(evidence(duel).candidateDown()).isEqualTo(1);
    assertThat(evidence(duel).candidateUp()).isEqualTo(1);

    answer(duel, "key_1", "silent", "never", true, "{}", 660);
    String late = answer(duel, "key_1", "late", "late", true, "{}", 670);
    rate(late, "key_1", "late", "up", 0);
    rated(duel, "user 2", "prompt 2", true, "up");
    rollouts.step();
    assertThat(evidence(duel).candidateUp()).isEqualTo(2);
    assertThat(reasons(duel)).isEqualTo(Map.of("counted", 3L, "late", 1L));
  }

  @Test
  void answersThatWereNotDrawnTellNothing() throws Exception {
    PolicyRecord candidate = gateway.register(1);
    Rollout duel = duelling(candidate);
    for (int i = 0; i < 10; i++) {
      String id = answer(null, candidate, "key_1", "user " + i, "named " + i, "{}", 1);
      rate(id, "key_1", "user " + i, "up", 0);
    }
    rollouts.step();
    assertThat(evidence(duel)).isEqualTo(RatingEvidence.NONE);
    assertThat(reasons(duel)).isEmpty();
  }

  private Rollout duelling(PolicyRecord candidate) {
    Rollout opened =
        gateway.database.transaction(
            c -> rollouts.open(c, candidate, RolloutMode.DUEL, 0.5, OPERATOR).orElseThrow());
    rollouts.step();
    gateway.policies.reconcile();
    Rollout duel = rollouts.store().find(opened.id()).orElseThrow();
    assertThat(duel.status()).isEqualTo(RolloutStatus.DUELLING);
    return duel;
  }

  private RatingEvidence evidence(Rollout duel) {
    return rollouts.store().find(duel.id()).orElseThrow().evidence().ratings();
  }

  private Map<String, Long> reasons(Rollout duel) {
    Map<String, Long> counts = new HashMap<>();
    gateway.database.list(
        row -> counts.put(row.getString(1), row.getLong(2)),
        "SELECT reason, count(*) FROM evidence_ratings WHERE subject = ? GROUP BY 1",
        duel.id());
    return counts;
  }

  private String rated(
      Rollout duel, String user, String prompt, boolean ofCandidate, String rating) {
    return rated(duel, "key_1", user, prompt, ofCandidate, rating, "{}");
  }

  private String rated(
      Rollout duel,
      String key,
      String user,
      String prompt,
      boolean ofCandidate,
      String rating,
      String sampling) {
    String id = answer(duel, key, user, prompt, ofCandidate, sampling, 1);
    rate(id, key, user, rating, 0);
    return id;
  }

  private String answer(
      Rollout duel,
      String key,
      String user,
      String prompt,
      boolean ofCandidate,
      String sampling,
      int secondsAgo) {
    PolicyRecord writer =
        gateway.policies.store().require(ofCandidate ? duel.candidate() : duel.champion());
    return answer(duel.id(), writer, key, user, prompt, sampling, secondsAgo);
  }

  private String answer(
      @Nullable String rollout,
      PolicyRecord writer,
      String key,
      String user,
      String prompt,
      String sampling,
      int secondsAgo) {
    String id = "gen_" + answers++;
    gateway.database.transaction(
        c ->
            Sql.update(
                c,
                """
                INSERT INTO answers (completion_id, key_id, user_id, prompt, prompt_ids, messages,
                  text, ids, finish, policy, hash, base_hash, sampling, created_at, expires_at,
                  rollout_id, share)
                VALUES (?, ?, ?, ?, '{3,4}', json_build_array(json_build_object('role', 'user',
                  'content', ?::text)), 'an answer', '{5,6}', 'stop', ?, ?, ?, ?::jsonb,
                  now() - make_interval(secs => ?), now() + interval '1 day', ?, ?)
                """,
                id,
                key,
                user,
                prompt,
                prompt,
                writer.version(),
                writer.hash(),
                gateway.policies.base().hash(),
                sampling,
                (double) secondsAgo,
                rollout,
                rollout == null ? null : (Double) 0.5));
    return id;
  }

  private void rate(String answer, String key, String user, String rating, int secondsAgo) {
    gateway.database.update(
        "INSERT INTO ratings (feedback_id, completion_id, key_id, user_id, rating, first_rating,"
            + " recorded_at, first_at) VALUES (?, ?, ?, ?, ?, ?, now() - make_interval(secs => ?),"
            + " now() - make_interval(secs => ?))",
        "feedback_" + answer,
        answer,
        key,
        user,
        rating,
        rating,
        (double) secondsAgo,
        (double) secondsAgo);
  }
}
