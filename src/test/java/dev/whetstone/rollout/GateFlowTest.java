package dev.whetstone.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.Sql;
import dev.whetstone.engine.ScoreRequest;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.preference.Part;
import dev.whetstone.rollout.GateResultStore.StoredResult;
import dev.whetstone.rollout.changes.ChangesReader;
import dev.whetstone.rollout.changes.VersionChanges;
import dev.whetstone.rollout.gate.GateVerdict;
import dev.whetstone.rollout.gate.OperatorChecks;
import dev.whetstone.testing.CapturedLog;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.training.ValidationScores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What follows from what the gate measures, stepped by hand. */
@Tag("database")
class GateFlowTest extends SteppedRollouts {
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
  void whatTheGateHadWrittenTellsWhatAVersionChanged() throws Exception {
    PolicyRecord candidate = gateway.register(1);
    for (int i = 0; i < 3; i++) {
      vote(candidate, base(), "user", "prompt " + i, true);
    }
    duelling(candidate);
    ChangesReader changes = new ChangesReader(gateway.database);

    VersionChanges.Comparison overBase =
        changes.read(candidate.version(), null).against().getFirst();
    assertThat(overBase.version()).isEqualTo("v0");
    assertThat(overBase.answers()).isPositive();
    assertThat(overBase.tokens().before()).isPositive();
    assertThat(overBase.prompts())
        .extracting(VersionChanges.BeforeAfter::prompt)
        .containsExactlyInAnyOrder("prompt 0", "prompt 1", "prompt 2");

    gateway.database.update("DELETE FROM pairs");
    assertThat(changes.read(candidate.version(), null).against()).as("erased").isEmpty();
  }

  @Test
  void anErrorInTheGateEndsTheRolloutAfterThreeTries() throws Exception {
    PolicyRecord candidate = gateway.register(1);
    Rollout rollout = opened(candidate);
    vote(candidate, base(), "user", "bad", true);
    // a token that the model does not have
    gateway.database.transaction(c -> Sql.update(c, "UPDATE pairs SET prompt_ids = ARRAY[999999]"));
    List<String> complaints;
    try (CapturedLog log = CapturedLog.of(GateStep.class)) {
      for (int i = 0; i < 3; i++) {
        assertThat(status(rollout)).isEqualTo(RolloutStatus.GATING);
        rollouts.step();
      }
      complaints = log.complaints().stream().map(CapturedLog.Line::message).toList();
    }

    assertThat(complaints)
        .containsExactly(
            "the gate failed on v1, time 1 of 3",
            "the gate failed on v1, time 2 of 3",
            "the gate failed on v1, time 3 of 3");
    Rollout ended = rollouts.store().find(rollout.id()).orElseThrow();
    assertThat(ended.status()).isEqualTo(RolloutStatus.INCONCLUSIVE);
    assertThat(ended.reason()).startsWith("the gate failed 3 times");
  }

  /** A run's pair that the trainer had cut failed every candidate by the export check. */
  @Test
  void theExportCheckScoresWhatTheTrainerScored() throws Exception {
    PolicyRecord candidate = run(1, "{}");
    vote(candidate, base(), "user", "long", true);
    saveScores(candidate, 1);
    rollouts.step();
    rollouts.step();

    StoredResult export = row(rollouts.store().active().orElseThrow(), "export_difference");
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
    StoredResult proof = row(rollout, "automatic_evidence");

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

  private StoredResult row(Rollout rollout, String name) {
    return rollouts.gateResults().of(rollout.id()).stream()
        .filter(row -> row.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private List<String> names(Rollout rollout) {
    return rollouts.gateResults().of(rollout.id()).stream().map(StoredResult::name).toList();
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
            runs.reports().saveScores(c, run, List.of(scores));
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
}
