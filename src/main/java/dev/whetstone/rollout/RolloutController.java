package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyException;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.rollout.duel.DuelConfig;
import dev.whetstone.rollout.duel.DuelEvidence;
import dev.whetstone.rollout.duel.GuardrailViolation;
import dev.whetstone.rollout.gate.CriterionResult;
import dev.whetstone.rollout.gate.Gate;
import dev.whetstone.rollout.gate.GateVerdict;
import dev.whetstone.serving.PolicyRouter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of rollouts: after the gate come a duel, an operator's approval or at once the
 * promotion, as {@link RolloutMode} says ({@link #decideGate}); a duel ends by votes, guard-rails
 * or limits ({@link #decideDuel}). Each step is one transaction that changes the rollout, the
 * version's status and the aliases together. If the process dies, the next leader continues from
 * what was committed.
 *
 * <p>Confined to the rollout loop's thread of the gateway that leads, except {@link #open} and
 * {@link #apply}, which requests call: {@link RolloutStore#transition} changes a rollout only from
 * the status it was judged in, so one of two rivals wins.
 */
final class RolloutController {
  // stored with every decision
  private static final String ACTOR = "referee";

  private final RolloutStore rollouts;
  private final Database database;
  private final PolicyStore policies;
  private final AliasStore aliases;
  private final PolicyRouter router;
  private final Gate gate;
  private final RolloutConfig config;
  private final InstantSource clock;

  RolloutController(
      RolloutStore rollouts,
      PolicyRouter router,
      Gate gate,
      RolloutConfig config,
      InstantSource clock) {
    this.rollouts = rollouts;
    this.policies = router.store();
    this.database = policies.database();
    this.aliases = router.aliases();
    this.router = router;
    this.gate = gate;
    this.config = config;
    this.clock = clock;
  }

  /** Takes the next step, if there is one; true when the database was changed. */
  boolean step() {
    Optional<Rollout> active = rollouts.active();
    if (active.isEmpty()) {
      return rollouts.nextCandidate().filter(this::open).isPresent();
    }
    Rollout rollout = active.get();
    Optional<Transition> superseded = supersededBy(rollout);
    if (superseded.isPresent()) {
      return apply(rollout, superseded.get());
    }
    return switch (rollout.status()) {
      case GATING -> runGate(rollout);
      case DUELLING -> evaluateDuel(rollout);
      case AWAITING_APPROVAL -> false;
      case PROMOTED, REJECTED, INCONCLUSIVE, ABORTED, CANCELLED ->
          throw new IllegalStateException("rollout " + rollout.id() + " has ended");
    };
  }

  private boolean open(String candidate) {
    ChangeContext by = new ChangeContext(ACTOR, "training succeeded");
    return database
        .transaction(
            connection ->
                open(
                    connection,
                    policies.require(connection, candidate),
                    config.mode(),
                    config.duel().share(),
                    by))
        .isPresent();
  }

  /** Opens a rollout; empty when another is active or the version is the champion already. */
  Optional<Rollout> open(
      Connection connection,
      PolicyRecord candidate,
      RolloutMode mode,
      double share,
      ChangeContext by)
      throws SQLException {
    PolicyRecord champion = policies.require(connection, aliases.read(connection).champion());
    return champion.hash().equals(candidate.hash())
        ? Optional.empty()
        : rollouts.open(connection, candidate, champion, mode, share, by);
  }

  /** How the rollout ends because its versions were changed by others; empty if they were not. */
  private Optional<Transition> supersededBy(Rollout rollout) {
    return database.statement(
        connection -> {
          Aliases now = aliases.read(connection);
          if (now.champion().equals(rollout.candidate())) {
            return Optional.of(new Transition(RolloutStatus.PROMOTED, "an operator promoted it"));
          }
          Optional<String> unsound = policies.rolledBackAncestor(connection, rollout.candidate());
          if (unsound.isPresent()) {
            return Optional.of(
                new Transition(
                    RolloutStatus.INCONCLUSIVE,
                    unsound.get().equals(rollout.candidate())
                        ? "it was rolled back"
                        : "it was trained on top of " + unsound.get() + ", which was rolled back"));
          }
          return now.champion().equals(rollout.champion())
              ? Optional.empty()
              : Optional.of(
                  new Transition(
                      RolloutStatus.INCONCLUSIVE,
                      "the champion became " + now.champion() + " meanwhile"));
        });
  }

  private boolean runGate(Rollout rollout) {
    List<CriterionResult> rows;
    try {
      Policy candidate = router.verify(policies.require(rollout.candidate()));
      Policy champion = router.resolve(rollout.champion());
      rows = gate.measure(candidate, champion, rollout.runId());
    } catch (PolicyException.Refused unsound) {
      return apply(
          rollout, new Transition(RolloutStatus.REJECTED, String.valueOf(unsound.getMessage())));
    }
    database.transaction(
        connection -> {
          rollouts.saveGateResults(connection, rollout.id(), rows);
          return rows;
        });
    return apply(rollout, decideGate(rollout.mode(), rows));
  }

  /** The transition that follows from the gate's results. */
  static Transition decideGate(RolloutMode mode, List<CriterionResult> rows) {
    Map<String, Double> numbers =
        rows.stream().collect(Collectors.toMap(CriterionResult::name, CriterionResult::number));
    return switch (GateVerdict.of(rows)) {
      case FAIL ->
          new Transition(
              RolloutStatus.REJECTED,
              "the gate failed: " + criteriaWith(rows, GateVerdict.FAIL),
              numbers);
      case INCONCLUSIVE ->
          new Transition(
              RolloutStatus.INCONCLUSIVE,
              "the gate is inconclusive: " + criteriaWith(rows, GateVerdict.INCONCLUSIVE),
              numbers);
      case PASS ->
          switch (mode) {
            case DUEL -> new Transition(RolloutStatus.DUELLING, "the gate passed", numbers);
            case AUTOMATIC -> new Transition(RolloutStatus.PROMOTED, "the gate passed", numbers);
            case MANUAL ->
                new Transition(
                    RolloutStatus.AWAITING_APPROVAL,
                    "the gate passed; an operator decides",
                    numbers);
          };
    };
  }

  private static String criteriaWith(List<CriterionResult> rows, GateVerdict verdict) {
    return rows.stream()
        .filter(row -> row.verdict() == verdict)
        .map(CriterionResult::name)
        .collect(Collectors.joining(", "));
  }

  private boolean evaluateDuel(Rollout duel) {
    DuelEvidence evidence = rollouts.countVotes(duel);
    List<GuardrailViolation> alarms =
        config
            .duel()
            .thresholds()
            .violations(
                DuelTracker.metrics(rollouts, duel, DuelTracker.Arm.CANDIDATE),
                DuelTracker.metrics(rollouts, duel, DuelTracker.Arm.CHAMPION),
                DuelTracker.metrics(rollouts, duel, DuelTracker.Arm.CHAMPION_ALONE));
    boolean tooLong =
        duel.duelBeganAt() != null
            && clock.instant().isAfter(duel.duelBeganAt().plus(config.duel().maxDuration()));
    Transition next = decideDuel(evidence, alarms, config.duel(), tooLong);
    return next != null && apply(duel, next);
  }

  /** The transition that follows from votes and guard-rails; null while the duel continues. */
  static @Nullable Transition decideDuel(
      DuelEvidence evidence, List<GuardrailViolation> alarms, DuelConfig config, boolean tooLong) {
    if (!alarms.isEmpty()) {
      return new Transition(
          RolloutStatus.ABORTED,
          alarms.stream()
              .map(alarm -> alarm.name() + " " + alarm.number() + ", allowed " + alarm.threshold())
              .collect(Collectors.joining("; ")),
          alarms.stream()
              .collect(Collectors.toMap(GuardrailViolation::name, GuardrailViolation::number)));
    }
    Map<String, Double> numbers =
        Map.of(
            "wins", (double) evidence.wins(),
            "losses", (double) evidence.losses(),
            "evidence", Math.min(evidence.eValue(), Double.MAX_VALUE));
    String votes = evidence.wins() + " votes for it, " + evidence.losses() + " against";
    return switch (evidence.verdict(config.evidence())) {
      case PROMOTE -> new Transition(RolloutStatus.PROMOTED, votes, numbers);
      case REJECT -> new Transition(RolloutStatus.REJECTED, votes, numbers);
      case CONTINUE ->
          tooLong || evidence.wins() + evidence.losses() >= config.maxVotes()
              ? new Transition(RolloutStatus.INCONCLUSIVE, "undecided after " + votes, numbers)
              : null;
    };
  }

  /** The next status, why, and the numbers that the decision is based on. */
  record Transition(RolloutStatus to, String reason, Map<String, Double> numbers) {
    Transition(RolloutStatus to, String reason) {
      this(to, reason, Map.of());
    }
  }

  private boolean apply(Rollout rollout, Transition next) {
    return apply(rollout, next, ACTOR);
  }

  /**
   * Changes a rollout's status together with the version's status and the aliases; false when
   * another decision was faster.
   */
  boolean apply(Rollout rollout, Transition next, String actor) {
    ChangeContext by = new ChangeContext(actor, next.reason());
    return database.transaction(
        connection -> {
          boolean moved =
              rollouts.transition(connection, rollout, next.to(), by, jsonNumbers(next.numbers()));
          if (moved) {
            updatePolicy(connection, rollout, next.to(), by);
          }
          return moved;
        });
  }

  private void updatePolicy(
      Connection connection, Rollout rollout, RolloutStatus to, ChangeContext by)
      throws SQLException {
    String candidate = rollout.candidate();
    switch (to) {
      case GATING -> throw new IllegalArgumentException("a rollout never returns to the gate");
      case DUELLING -> {
        policies.setStatus(connection, candidate, PolicyStatus.CANDIDATE, by);
        aliases.setCandidate(connection, candidate, by);
      }
      case AWAITING_APPROVAL -> policies.setStatus(connection, candidate, PolicyStatus.READY, by);
      case PROMOTED -> aliases.promote(connection, candidate, by);
      case REJECTED, ABORTED -> withdraw(connection, candidate, PolicyStatus.REJECTED, by);
      case INCONCLUSIVE, CANCELLED -> withdraw(connection, candidate, PolicyStatus.HELD, by);
    }
  }

  private void withdraw(
      Connection connection, String candidate, PolicyStatus status, ChangeContext by)
      throws SQLException {
    Aliases now = aliases.read(connection);
    if (Objects.equals(now.candidate(), candidate)) {
      aliases.setCandidate(connection, null, by);
    }
    if (!now.champion().equals(candidate)) {
      policies.setStatus(connection, candidate, status, by);
    }
  }

  // JSON has neither NaN nor infinity: they become strings.
  private static Map<String, Object> jsonNumbers(Map<String, Double> numbers) {
    return numbers.entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey,
                entry ->
                    Double.isFinite(entry.getValue())
                        ? entry.getValue()
                        : entry.getValue().toString()));
  }
}
