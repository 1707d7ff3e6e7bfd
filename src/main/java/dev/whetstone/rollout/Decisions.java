package dev.whetstone.rollout;

import dev.whetstone.dpo.evaluation.AttemptThreshold;
import dev.whetstone.rollout.duel.DuelConfig;
import dev.whetstone.rollout.duel.GuardrailViolation;
import dev.whetstone.rollout.evidence.DuelEvidence;
import dev.whetstone.rollout.evidence.DuelRule;
import dev.whetstone.rollout.evidence.RatingEvidence;
import dev.whetstone.rollout.gate.Criterion;
import dev.whetstone.rollout.gate.CriterionResult;
import dev.whetstone.rollout.gate.GateVerdict;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What follows from the measurements of a gate and the votes and ratings of a duel: pure functions.
 */
final class Decisions {
  private Decisions() {}

  /**
   * The transition that follows from the gate's results; null while the automatic mode waits for
   * more votes. The gate is a check for harm: what is unclear goes on.
   */
  static @Nullable Transition ofGate(RolloutMode mode, List<CriterionResult> rows) {
    Map<String, Double> numbers =
        rows.stream().collect(Collectors.toMap(CriterionResult::name, CriterionResult::number));
    if (GateVerdict.of(rows) == GateVerdict.FAIL) {
      return new Transition(
          RolloutStatus.REJECTED, firstFailed(rows), "the gate failed: " + refused(rows), numbers);
    }
    String unclear = names(rows, GateVerdict.INCONCLUSIVE);
    String passed =
        unclear.isEmpty()
            ? "the gate passed"
            : "the gate found no harm; too little to tell: " + unclear;
    return switch (mode) {
      case DUEL -> new Transition(RolloutStatus.DUELLING, Cause.GATE, passed, numbers);
      case AUTOMATIC ->
          unclear.isEmpty()
              ? new Transition(RolloutStatus.PROMOTED, Cause.GATE, passed, numbers)
              : null;
      case MANUAL ->
          new Transition(
              RolloutStatus.AWAITING_APPROVAL,
              Cause.GATE,
              passed + "; an operator decides",
              numbers);
    };
  }

  private static Criterion firstFailed(List<CriterionResult> rows) {
    return rows.stream()
        .filter(row -> row.verdict() == GateVerdict.FAIL)
        .map(CriterionResult::criterion)
        .findFirst()
        .orElseThrow();
  }

  // An operator's check is told by its name, which stands in the row.
  private static String refused(List<CriterionResult> rows) {
    return rows.stream()
        .filter(row -> row.verdict() == GateVerdict.FAIL)
        .map(
            row ->
                row.criterion() == Criterion.OPERATOR_CHECKS
                    ? row.name() + " (" + row.threshold() + ")"
                    : row.name())
        .collect(Collectors.joining(", "));
  }

  private static String names(List<CriterionResult> rows, GateVerdict verdict) {
    return rows.stream()
        .filter(row -> row.verdict() == verdict)
        .map(CriterionResult::name)
        .collect(Collectors.joining(", "));
  }

  /** The e-value that promotes a rollout's candidate, by its number against this champion. */
  static double threshold(DuelConfig config, Rollout rollout) {
    return AttemptThreshold.of(config.evidence(), Math.max(1, rollout.attempt()));
  }

  /** The rule of a duel. */
  static DuelRule rule(DuelConfig config, Rollout duel) {
    return new DuelRule(threshold(config, duel), config.futility(), config.maxVotes());
  }

  /**
   * The transition that follows from votes, ratings and guard-rails; null while the duel continues.
   *
   * @param alarms guard-rails about answers, which end it
   * @param slow the one about latency, which holds a candidate that the votes have not decided
   */
  static @Nullable Transition ofDuel(
      DuelEvidence evidence,
      DuelRule rule,
      List<GuardrailViolation> alarms,
      List<GuardrailViolation> slow,
      boolean tooLong) {
    if (!alarms.isEmpty()) {
      return new Transition(
          RolloutStatus.ABORTED, alarms.getFirst().guardrail(), describe(alarms), numbers(alarms));
    }
    Map<String, Double> numbers = new TreeMap<>(numbers(slow));
    RatingEvidence ratings = evidence.ratings();
    numbers.put("wins", (double) evidence.votes().wins());
    numbers.put("losses", (double) evidence.votes().losses());
    if (ratings.ratings() > 0) {
      numbers.put("candidate_up", (double) ratings.candidateUp());
      numbers.put("candidate_down", (double) ratings.candidateDown());
      numbers.put("champion_up", (double) ratings.championUp());
      numbers.put("champion_down", (double) ratings.championDown());
      numbers.put("rating_evidence", ratings.eValue());
    }
    numbers.put("evidence", evidence.eValue());
    numbers.put("threshold", rule.threshold());
    numbers.put("futility", evidence.futility());
    String votes = counts(evidence);
    return switch (rule.verdict(evidence)) {
      case PROMOTE -> new Transition(RolloutStatus.PROMOTED, Cause.VOTES, votes, numbers);
      case FUTILE ->
          new Transition(
              RolloutStatus.INCONCLUSIVE, Cause.FUTILE, "not clearly better: " + votes, numbers);
      case CAPPED ->
          new Transition(
              RolloutStatus.INCONCLUSIVE, Cause.VOTE_LIMIT, "undecided after " + votes, numbers);
      case CONTINUE -> {
        if (tooLong) {
          yield new Transition(
              RolloutStatus.INCONCLUSIVE,
              Cause.TIME_LIMIT,
              "undecided in the time, after " + votes,
              numbers);
        }
        yield slow.isEmpty()
            ? null
            : new Transition(
                RolloutStatus.INCONCLUSIVE,
                slow.getFirst().guardrail(),
                "slow: " + describe(slow),
                numbers);
      }
    };
  }

  /** The counted votes and ratings of a duel, in words. */
  static String counts(DuelEvidence evidence) {
    RatingEvidence ratings = evidence.ratings();
    String votes =
        evidence.votes().wins() + " votes for it, " + evidence.votes().losses() + " against";
    return ratings.ratings() == 0
        ? votes
        : votes
            + ", %d of its %d ratings good, %d of %d of the champion's"
                .formatted(
                    ratings.candidateUp(),
                    ratings.candidateUp() + ratings.candidateDown(),
                    ratings.championUp(),
                    ratings.championUp() + ratings.championDown());
  }

  private static String describe(List<GuardrailViolation> alarms) {
    return alarms.stream().map(GuardrailViolation::describe).collect(Collectors.joining("; "));
  }

  private static Map<String, Double> numbers(List<GuardrailViolation> alarms) {
    return alarms.stream()
        .collect(Collectors.toMap(GuardrailViolation::name, GuardrailViolation::number));
  }
}
