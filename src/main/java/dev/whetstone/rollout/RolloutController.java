package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyException;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.rollout.DuelTracker.Arm;
import dev.whetstone.rollout.EvidenceStore.Comparison;
import dev.whetstone.rollout.EvidenceStore.Counts;
import dev.whetstone.rollout.RolloutStore.Candidate;
import dev.whetstone.rollout.duel.ArmMetrics;
import dev.whetstone.rollout.duel.GuardrailThresholds;
import dev.whetstone.rollout.duel.GuardrailViolation;
import dev.whetstone.rollout.evidence.DuelEvidence;
import dev.whetstone.rollout.evidence.ForecastEvidence;
import dev.whetstone.rollout.evidence.VoteEvidence;
import dev.whetstone.rollout.gate.CriterionResult;
import dev.whetstone.rollout.gate.Gate;
import dev.whetstone.rollout.gate.GateSubject;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.training.LearningStore;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * The state machine of rollouts: after the gate come a duel, an operator's approval or at once the
 * promotion, as {@link RolloutMode} says; {@link Decisions} has what follows from which numbers.
 * Each step is one short transaction that changes the rollout, the version's status and the aliases
 * together, provided that the aliases are as the decision found them: what an operator changed
 * meanwhile stands. If the process dies, the next leader continues from what was committed.
 *
 * <p>Confined to the rollout loop's thread of the gateway that leads, except {@link #open} and
 * {@link #apply}, which requests call: {@link RolloutStore#transition} changes a rollout only from
 * the status it was judged in, so one of two rivals wins.
 */
final class RolloutController {
  /** Stored with every decision. */
  static final String ACTOR = "referee";

  private static final Logger LOG = Logger.getLogger(RolloutController.class);
  private static final int MAX_GATE_FAILURES = 3;

  private final RolloutStore rollouts;
  private final ArmMetricsStore metrics;
  private final EvidenceStore evidence;
  private final RatingEvidenceStore ratings;
  private final ForecastStore forecasts;
  private final CandidateQueue queue;
  private final Watches watches;
  private final Database database;
  private final PolicyStore policies;
  private final AliasStore aliases;
  private final PolicyRouter router;
  private final Gate gate;
  private final RolloutConfig config;
  private final InstantSource clock;
  private final TrainingRunStore runs;
  private final LearningStore learning;

  RolloutController(
      RolloutStore rollouts,
      WatchStore watchStore,
      ArmMetricsStore metrics,
      TrainingRunStore runs,
      PolicyRouter router,
      Gate gate,
      RolloutConfig config,
      InstantSource clock) {
    this.rollouts = rollouts;
    this.metrics = metrics;
    this.evidence = new EvidenceStore(clock, config.duel().voteDelay());
    this.ratings = new RatingEvidenceStore(clock, config.duel().ratingWindow());
    this.policies = router.store();
    this.database = policies.database();
    this.forecasts = new ForecastStore(database, gate, clock, config.duel().voteDelay());
    this.aliases = router.aliases();
    this.queue = new CandidateQueue(rollouts, runs, policies, config.duel());
    this.watches = new Watches(watchStore, rollouts, metrics, evidence, router, config);
    this.router = router;
    this.gate = gate;
    this.config = config;
    this.clock = clock;
    this.runs = runs;
    this.learning = new LearningStore(database, policies.baseHash());
  }

  /** Takes the next step, if there is one; true when the database was changed. */
  boolean step() {
    boolean paused = isPaused();
    rollouts.markRolledBack(
        new Transition(RolloutStatus.ROLLED_BACK, Transition.OPERATOR, "it was rolled back"),
        ACTOR);
    if (watches.step(!paused)) {
      return true;
    }
    Optional<Rollout> active = rollouts.active();
    Optional<DuelEvidence> votes =
        active.filter(rollout -> rollout.status() == RolloutStatus.DUELLING).map(this::count);
    if (paused) {
      return false;
    }
    return active.map(rollout -> step(rollout, votes)).orElseGet(this::openNext);
  }

  private boolean isPaused() {
    return learning.pause().isPresent();
  }

  private boolean step(Rollout rollout, Optional<DuelEvidence> evidence) {
    Aliases now = database.statement(aliases::read);
    Optional<Transition> overtaken = overtakenBy(rollout, now);
    if (overtaken.isPresent()) {
      return apply(rollout, overtaken.get(), now);
    }
    return switch (rollout.status()) {
      case GATING -> runGate(rollout, now);
      case DUELLING -> evaluateDuel(rollout, evidence.orElseThrow(), now);
      case AWAITING_APPROVAL -> false;
      case PROMOTED, ROLLED_BACK, REJECTED, INCONCLUSIVE, SUPERSEDED, ABORTED, CANCELLED ->
          throw new IllegalStateException("rollout " + rollout.id() + " has ended");
    };
  }

  private boolean openNext() {
    PolicyRecord champion = champion();
    Optional<Candidate> next = queue.newest(champion);
    if (next.isEmpty()) {
      return false;
    }
    Candidate candidate = next.get();
    if (candidate.version().equals(champion.version())) {
      return queue.end(
          candidate,
          champion,
          new Transition(RolloutStatus.PROMOTED, Transition.OPERATOR, "an operator promoted it"),
          ACTOR);
    }
    if (isOfAnotherLine(candidate, champion)) {
      queue.supersede(
          candidate,
          champion,
          Transition.CHAMPION_CHANGED,
          "it was trained before " + champion.version() + " was champion");
      return true;
    }
    if (config.mode() == RolloutMode.DUEL && !queue.mayDuel(candidate)) {
      return false;
    }
    ChangeContext by = new ChangeContext(ACTOR, "training succeeded");
    return database
        .transaction(
            connection ->
                open(
                    connection,
                    policies.require(connection, candidate.version()),
                    config.mode(),
                    config.duel().share(),
                    by))
        .isPresent();
  }

  /** The candidates that wait for their turn, newest first, and what for. */
  List<WaitingCandidate> waiting() {
    List<Candidate> waiting = rollouts.candidates();
    if (waiting.isEmpty()) {
      return List.of();
    }
    Candidate newest = waiting.getFirst();
    PolicyRecord champion = champion();
    return waiting.stream()
        .map(
            candidate ->
                new WaitingCandidate(
                    candidate,
                    champion.version(),
                    candidate.rolloutId().equals(newest.rolloutId())
                        ? obstacle(candidate)
                        : newest.version() + " was trained on more votes and goes first"))
        .toList();
  }

  private String obstacle(Candidate candidate) {
    int missing = config.mode() == RolloutMode.DUEL ? queue.missingVotes(candidate) : 0;
    String turn =
        rollouts
            .active()
            .map(active -> "the rollout of %s is under way".formatted(active.candidate()))
            .orElse("its turn is next");
    return missing > 0
        ? "its duel waits for %d more usable votes, or for a candidate that is clearly better on the select part"
            .formatted(missing)
        : isPaused() ? "learning is paused" : turn;
  }

  /** Ends a candidate that waits, at an operator's wish; false when its turn has come meanwhile. */
  boolean cancel(Candidate waiting, Transition cancelled, String actor) {
    return queue.end(waiting, champion(), cancelled, actor);
  }

  /**
   * Whether a candidate was trained from a dethroned champion, or chosen beside it. One whose
   * parent was rolled back gets its rollout, which says so.
   */
  private boolean isOfAnotherLine(Candidate candidate, PolicyRecord champion) {
    String parent = candidate.parent();
    boolean otherParent =
        parent != null && !parent.equals("v0") && !parent.equals(champion.version());
    boolean older =
        candidate
            .startedAt()
            .isBefore(database.statement(c -> aliases.lastPromotion(c, champion.version())).at());
    return (otherParent || older)
        && database.statement(c -> policies.rolledBackAncestor(c, candidate.version())).isEmpty();
  }

  private PolicyRecord champion() {
    return database.statement(c -> policies.require(c, aliases.read(c).champion()));
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
  private Optional<Transition> overtakenBy(Rollout rollout, Aliases now) {
    if (now.champion().equals(rollout.candidate())) {
      return Optional.of(
          new Transition(RolloutStatus.PROMOTED, Transition.OPERATOR, "an operator promoted it"));
    }
    Optional<String> unsound =
        database.statement(c -> policies.rolledBackAncestor(c, rollout.candidate()));
    if (unsound.isPresent()) {
      return Optional.of(
          new Transition(
              RolloutStatus.INCONCLUSIVE,
              Transition.PARENT_ROLLED_BACK,
              unsound.get().equals(rollout.candidate())
                  ? "it was rolled back"
                  : "it was trained on top of " + unsound.get() + ", which was rolled back"));
    }
    return now.champion().equals(rollout.champion())
        ? Optional.empty()
        : Optional.of(
            new Transition(
                RolloutStatus.SUPERSEDED,
                Transition.CHAMPION_CHANGED,
                "the champion became " + now.champion() + " meanwhile"));
  }

  private boolean runGate(Rollout rollout, Aliases now) {
    AliasStore.Promotion champion =
        database.statement(c -> aliases.lastPromotion(c, rollout.champion()));
    int votes = gate.judgedVotes(champion.at());
    if (rollout.judgedVotes() != null) {
      Optional<Transition> replaced = replacement(rollout, 0);
      if (replaced.isPresent()) {
        return apply(rollout, replaced.get(), now);
      }
      if (votes <= rollout.judgedVotes()) {
        return false;
      }
    }
    Rollout numbered =
        rollout.mode() == RolloutMode.AUTOMATIC ? numbered(rollout, champion.at()) : rollout;
    List<CriterionResult> rows;
    try {
      rows = gate.measure(subject(numbered, champion.at()));
    } catch (PolicyException.Refused unsound) {
      return apply(
          rollout,
          new Transition(
              RolloutStatus.REJECTED, Transition.DAMAGED, String.valueOf(unsound.getMessage())),
          now);
    } catch (DatabaseUnavailableException away) {
      throw away;
    } catch (RuntimeException failed) {
      return gateFailed(rollout, failed, now);
    }
    Transition next = Decisions.ofGate(rollout.mode(), rows);
    database.transaction(
        connection -> {
          rollouts.saveGateResults(connection, rollout.id(), rows);
          rollouts.noteGate(connection, rollout.id(), 0, next == null ? votes : null);
          return rows;
        });
    if (next == null) {
      LOG.infof("%s waits for votes to be judged again: %s", rollout.candidate(), rows);
      return false;
    }
    return apply(rollout, next, now);
  }

  // An error of the gate is no verdict; after a few it ends this rollout, so that others have a
  // turn.
  private boolean gateFailed(Rollout rollout, RuntimeException failed, Aliases now) {
    if (Thread.currentThread().isInterrupted()) {
      throw failed;
    }
    int failures = rollout.gateFailures() + 1;
    LOG.warnf(
        failed,
        "the gate failed on %s, time %d of %d",
        rollout.candidate(),
        failures,
        MAX_GATE_FAILURES);
    if (failures >= MAX_GATE_FAILURES) {
      return apply(
          rollout,
          new Transition(
              RolloutStatus.INCONCLUSIVE,
              Transition.GATE_ERROR,
              "the gate failed %d times: %s".formatted(failures, failed.getMessage())),
          now);
    }
    database.transaction(
        connection -> {
          rollouts.noteGate(connection, rollout.id(), failures, rollout.judgedVotes());
          return failures;
        });
    return false;
  }

  private GateSubject subject(Rollout rollout, Instant championSince) {
    PolicyRecord row = policies.require(rollout.candidate());
    String run = row.provenance().runId();
    String runMetrics = run == null ? "{}" : runs.find(run).map(TrainingRun::metrics).orElse("{}");
    Policy candidate = router.verify(row);
    Policy champion = router.resolve(rollout.champion());
    return new GateSubject(
        candidate,
        champion,
        run,
        runMetrics,
        championSince,
        rollout.mode() == RolloutMode.AUTOMATIC
            ? proof(rollout, candidate, champion, championSince)
            : null);
  }

  private GateSubject.Proof proof(
      Rollout rollout, Policy candidate, Policy champion, Instant championSince) {
    ForecastEvidence votes = forecasts.take(rollout.id(), candidate, champion, championSince);
    return new GateSubject.Proof(
        votes.eValue(),
        votes.mirrored(),
        votes.conversations(),
        Decisions.threshold(config.duel(), rollout));
  }

  /** Gives a rollout its number among those against this champion, once. */
  private Rollout numbered(Rollout rollout, Instant championSince) {
    if (rollout.attempt() > 0 && rollout.evidenceAfter() != null) {
      return rollout;
    }
    return database.transaction(
        connection -> {
          long after =
              rollout.duelBeganAt() == null
                  ? EvidenceStore.newestVote(connection)
                  : RolloutStore.votesBefore(connection, rollout.duelBeganAt());
          rollouts.beginAttempt(connection, rollout, championSince, after);
          return RolloutStore.find(connection, rollout.id()).orElseThrow();
        });
  }

  private DuelEvidence count(Rollout duel) {
    Instant championSince = database.statement(c -> aliases.lastPromotion(c, duel.champion())).at();
    Rollout begun = numbered(duel, championSince);
    return database.transaction(
        connection -> {
          evidence.admit(
              connection,
              new Comparison(
                  duel.id(),
                  duel.candidateHash(),
                  duel.championHash(),
                  Objects.requireNonNull(begun.evidenceAfter())));
          Counts counts = EvidenceStore.counts(connection, duel.id());
          ratings.admit(connection, duel);
          DuelEvidence now =
              new DuelEvidence(
                  new VoteEvidence(counts.wins(), counts.losses()),
                  RatingEvidenceStore.evidence(connection, duel.id()));
          rollouts.saveEvidence(connection, duel, now);
          return now;
        });
  }

  private boolean evaluateDuel(Rollout duel, DuelEvidence evidence, Aliases now) {
    Optional<Transition> replaced = replacement(duel, evidence.eValue());
    if (replaced.isPresent()) {
      return apply(duel, replaced.get(), now);
    }
    GuardrailThresholds rails = config.duel().thresholds();
    ArmMetrics candidate = DuelTracker.metrics(metrics, duel, Arm.CANDIDATE);
    boolean tooLong =
        duel.duelBeganAt() != null
            && clock.instant().isAfter(duel.duelBeganAt().plus(config.duel().maxDuration()));
    Transition next =
        Decisions.ofDuel(
            evidence,
            Decisions.rule(config.duel(), duel),
            violations(rails, duel, candidate),
            rails.latency(candidate, DuelTracker.metrics(metrics, duel, Arm.CHAMPION_ALONE)),
            tooLong);
    return next != null && apply(duel, next, now);
  }

  // Of pairs and of single answers alone: there each has answers to other prompts.
  private List<GuardrailViolation> violations(
      GuardrailThresholds rails, Rollout duel, ArmMetrics candidate) {
    return Stream.of(
            rails.violations(candidate, DuelTracker.metrics(metrics, duel, Arm.CHAMPION)),
            rails.violations(
                DuelTracker.metrics(metrics, duel, Arm.CANDIDATE_ANSWERS),
                DuelTracker.metrics(metrics, duel, Arm.CHAMPION_ANSWERS)))
        .flatMap(List::stream)
        .toList();
  }

  /** Superseded by a newer candidate that is clearly better, while little speaks for this one. */
  private Optional<Transition> replacement(Rollout rollout, double eValue) {
    if (eValue >= config.duel().replaceableBelow()) {
      return Optional.empty();
    }
    PolicyRecord champion = champion();
    return queue
        .newest(champion)
        .filter(candidate -> queue.outdoes(candidate, rollout))
        .map(
            candidate ->
                new Transition(
                    RolloutStatus.SUPERSEDED,
                    Transition.BETTER_CANDIDATE,
                    candidate.version() + " is better on the select part by a standard error"));
  }

  private boolean apply(Rollout rollout, Transition next, Aliases seen) {
    if (next.to() == RolloutStatus.PROMOTED && !seen.champion().equals(rollout.candidate())) {
      Promoter.prepare(router, rollout.candidate(), seen);
    }
    return apply(rollout, next, ACTOR, Optional.of(seen));
  }

  /** Ends a rollout at an operator's wish; false when another decision was faster. */
  boolean apply(Rollout rollout, Transition next, String actor) {
    return apply(rollout, next, actor, Optional.empty());
  }

  /**
   * Changes a rollout's status together with the version's status and the aliases; false when
   * another decision was faster, or the aliases are no longer those that it was based on.
   */
  private boolean apply(Rollout rollout, Transition next, String actor, Optional<Aliases> seen) {
    ChangeContext by = new ChangeContext(actor, next.reason());
    boolean done =
        database.transaction(
            connection -> {
              Aliases now = aliases.lock(connection);
              if (seen.isPresent() && seen.get().revision() != now.revision()) {
                return false;
              }
              boolean moved = rollouts.transition(connection, rollout, next, actor);
              if (moved) {
                updatePolicy(connection, rollout, next.to(), by);
              }
              return moved;
            });
    if (done) {
      LOG.infof(
          "%s against %s: %s, %s %s",
          rollout.candidate(),
          rollout.champion(),
          next.to().label(),
          next.reason(),
          next.numbers());
    } else {
      LOG.infof(
          "%s against %s is not %s: versions were changed meanwhile",
          rollout.candidate(), rollout.champion(), next.to().label());
    }
    return done;
  }

  private void updatePolicy(
      Connection connection, Rollout rollout, RolloutStatus to, ChangeContext by)
      throws SQLException {
    String candidate = rollout.candidate();
    switch (to) {
      case GATING, ROLLED_BACK ->
          throw new IllegalArgumentException("no step of a rollout leads to " + to.label());
      case DUELLING -> {
        policies.setStatus(connection, candidate, PolicyStatus.CANDIDATE, by);
        aliases.setCandidate(connection, candidate, by);
        rollouts.beginAttempt(
            connection,
            rollout,
            aliases.lastPromotion(connection, rollout.champion()).at(),
            EvidenceStore.newestVote(connection));
      }
      case AWAITING_APPROVAL -> policies.setStatus(connection, candidate, PolicyStatus.READY, by);
      case PROMOTED -> aliases.promote(connection, candidate, by);
      case REJECTED, ABORTED -> withdraw(connection, candidate, PolicyStatus.REJECTED, by);
      case INCONCLUSIVE, SUPERSEDED, CANCELLED ->
          withdraw(connection, candidate, PolicyStatus.HELD, by);
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
}
