package dev.whetstone.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.Sql;
import dev.whetstone.engine.ScoreRequest;
import dev.whetstone.lora.Adapters;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.Provenance;
import dev.whetstone.preference.Part;
import dev.whetstone.preference.VoteExclusions;
import dev.whetstone.rollout.gate.CriterionResult;
import dev.whetstone.rollout.gate.GateVerdict;
import dev.whetstone.rollout.gate.OperatorChecks;
import dev.whetstone.testing.TestModels;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.training.ValidationScores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The state machine on a real database and engine, stepped by hand. */
@Tag("database")
class RolloutFlowTest extends RolloutCase {
  private Rollouts rollouts(Map<String, String> more) {
    return rollouts(more, OperatorChecks.NONE);
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
    assertThat(paused.evidence().votes().wins()).isEqualTo(8);
  }

  /** A run's pair that the trainer had cut failed every candidate by the export check. */
  @Test
  void theExportCheckScoresWhatTheTrainerScored() throws Exception {
    PolicyRecord candidate = run(1, "{}");
    vote(candidate, base(), "user", "long", true);
    saveScores(candidate, 1);
    rollouts.step();
    rollouts.step();

    CriterionResult export = row(rollouts.store().active().orElseThrow(), "export_difference");
    assertThat(export.number()).isBetween(0.0, 1e-4);
    assertThat(export.verdict()).isEqualTo(GateVerdict.PASS);
  }

  /** The second rollout of a version was judged on the votes that had trained it. */
  @Test
  void theSecondRolloutIsJudgedAsTheFirstWas() throws Exception {
    PolicyRecord candidate = run(1, "{}");
    int judging = 0;
    for (int i = 0; i < 60; i++) {
      vote(candidate, base(), "user " + i, "prompt " + i, true);
      judging += part("user " + i) == Part.GATE ? 1 : 0;
    }
    saveScores(candidate, 2);
    rollouts.step();
    rollouts.step();
    Rollout first = rollouts.store().active().orElseThrow();
    assertThat(first.runId()).isNotNull();
    rollouts.cancel(first, OPERATOR);

    Rollout second = duelling(candidate);

    assertThat(second.runId()).isNull();
    assertThat(judging).isPositive();
    assertThat(row(second, "quality").threshold()).contains(judging + " votes");
    assertThat(row(second, "export_difference").number()).isBetween(0.0, 1e-4);
    assertThat(names(second)).isEqualTo(names(first));
  }

  @Test
  void aCandidateThatBreaksAnOperatorsCheckIsRefusedByItsName() throws Exception {
    // The candidate is asked first: the command refuses the first answer that it sees.
    Path asked = home.resolve("asked");
    Path file =
        Files.writeString(
            home.resolve("checks.jsonl"),
            "{\"name\": \"stays polite\", \"prompt\": \"Hi\", \"command\":"
                + " [\"sh\", \"-c\", \"test -e '%s' || { touch '%s'; exit 1; }\"]}\n"
                    .formatted(asked, asked)
                + "{\"name\": \"says nothing\", \"prompt\": \"Hi\", \"must_not_match\": \"\"}\n");
    rollouts = rollouts(Map.of(), OperatorChecks.read(file, 9, prompt -> new int[] {3, 4}));

    Rollout rollout = opened(gateway.register(1));
    rollouts.step();

    Rollout ended = rollouts.store().find(rollout.id()).orElseThrow();
    assertThat(ended.status()).isEqualTo(RolloutStatus.REJECTED);
    assertThat(ended.reason()).contains("operator_checks").contains("stays polite");
    assertThat(row(rollout, "operator_checks").threshold()).contains("<= 1");
  }

  /** Evidence was computed anew from the newest votes, which is no e-process. */
  @Test
  void theAutomaticModeTakesEachVoteOnceAndForAll() throws Exception {
    rollouts = rollouts(Map.of("whetstone.rollout.gate.max-pairs", "2"));
    PolicyRecord candidate = gateway.register(1);
    Rollout rollout = opened(candidate, RolloutMode.AUTOMATIC);
    List<String> judges =
        IntStream.range(0, 200)
            .mapToObj(i -> "user " + i)
            .filter(user -> part(user) == Part.GATE)
            .limit(6)
            .toList();
    for (String user : judges.subList(0, 5)) {
      vote(candidate, base(), user, "prompt", true);
    }
    vote(candidate, base(), trainer(), "prompt", true);
    rollouts.step();
    List<Double> before = gains(rollout);
    assertThat(before).hasSize(5);
    assertThat(status(rollout)).isEqualTo(RolloutStatus.GATING);
    CriterionResult proof = row(rollout, "automatic_evidence");

    rollouts.step();
    assertThat(gains(rollout)).isEqualTo(before);

    gateway.database.transaction(
        c -> Sql.update(c, "DELETE FROM preferences WHERE user_id = ?", judges.get(2)));
    vote(candidate, base(), judges.get(5), "prompt", false);
    vote(candidate, base(), judges.get(1), "another prompt", false);
    rollouts.step();

    assertThat(gains(rollout)).hasSize(7).startsWith(before.toArray(Double[]::new));
    assertThat(row(rollout, "automatic_evidence").number()).isGreaterThanOrEqualTo(proof.number());
    assertThat(rollouts.store().find(rollout.id()).orElseThrow().attempt()).isEqualTo(1);
  }

  private List<Double> gains(Rollout rollout) {
    return gateway.database.list(
        row -> row.getDouble(1),
        "SELECT gain FROM evidence_votes WHERE subject = ? AND counted ORDER BY place",
        rollout.id());
  }

  private String trainer() {
    return IntStream.range(0, 200)
        .mapToObj(i -> "user " + i)
        .filter(user -> part(user) == Part.TRAIN)
        .findFirst()
        .orElseThrow();
  }

  private Part part(String user) {
    return Part.of(gateway.policies.base().hash(), "hi", user);
  }

  private CriterionResult row(Rollout rollout, String name) {
    return rollouts.store().gateResults(rollout.id()).stream()
        .filter(row -> row.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private List<String> names(Rollout rollout) {
    return rollouts.store().gateResults(rollout.id()).stream().map(CriterionResult::name).toList();
  }

  /** Stores what the engine says of the first tokens of each answer as the trainer's scores. */
  private void saveScores(PolicyRecord candidate, int tokens) throws Exception {
    Policy policy = gateway.policies.resolve(candidate.version());
    String run = Objects.requireNonNull(candidate.provenance().runId());
    TrainingRunStore runs = new TrainingRunStore(gateway.database, gateway.policies.base().hash());
    record Answers(String vote, int[] chosen, int[] rejected) {}
    List<Answers> votes =
        gateway.database.list(
            row ->
                new Answers(
                    row.getString("preference_id"),
                    Arrays.copyOf(Sql.ints(row, "chosen_ids"), tokens),
                    Arrays.copyOf(Sql.ints(row, "rejected_ids"), tokens)),
            "SELECT * FROM usable_votes");
    for (Answers vote : votes) {
      ValidationScores scores =
          new ValidationScores(
              vote.vote(),
              logProbs(policy, vote.chosen()),
              logProbs(gateway.policies.base(), vote.chosen()),
              logProbs(policy, vote.rejected()),
              logProbs(gateway.policies.base(), vote.rejected()));
      gateway.database.transaction(
          c -> {
            runs.saveScores(c, run, List.of(scores));
            return run;
          });
    }
  }

  private float[] logProbs(Policy policy, int[] completion) throws Exception {
    return gateway
        .engine
        .score(new ScoreRequest(new int[] {3, 4}, completion, policy, Duration.ofMinutes(1)))
        .get()
        .logps();
  }

  private Rollout opened(PolicyRecord candidate) {
    return opened(candidate, RolloutMode.DUEL);
  }

  private Rollout opened(PolicyRecord candidate, RolloutMode mode) {
    return gateway
        .database
        .transaction(c -> rollouts.open(c, candidate, mode, 1, OPERATOR))
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

  private PolicyRecord run(long seed, String metrics) throws Exception {
    gateway.register(1_000 + seed);
    return run(seed, metrics, PolicyStatus.READY);
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
    boolean swapped = new SplittableRandom(nextPair()).nextBoolean();
    vote(
        swapped ? new Sides(other, one) : new Sides(one, other),
        user,
        prompt,
        forTheFirst == swapped ? "b" : "a",
        sampling,
        otherText);
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
