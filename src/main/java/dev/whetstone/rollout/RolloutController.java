package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.rollout.evidence.DuelEvidence;
import dev.whetstone.rollout.gate.Gate;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.training.LearningStore;
import dev.whetstone.training.TrainingRunStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * The state machine of rollouts: after the gate come a duel, an operator's approval or at once the
 * promotion, as {@link RolloutMode} says; {@link Decisions} has what follows from which numbers.
 * Each step is one short transaction that changes the rollout, the version's status and the aliases
 * together, provided that the aliases are as the decision found them: what an operator changed
 * meanwhile stands. If the process dies, the next leader continues from what was committed.
 *
 * <p>Confined to the rollout loop's thread of the gateway that leads, except {@link #open} and the
 * cancellations, which requests call: {@link RolloutStore#transition} changes a rollout only from
 * the status it was judged in, so one of two rivals wins.
 */
final class RolloutController {
  /** Stored with every decision. */
  static final String ACTOR = "referee";

  private final RolloutStore rollouts;
  private final CandidateStore candidates;
  private final CandidateQueue queue;
  private final Watches watches;
  private final GateStep gating;
  private final DuelStep duelling;
  private final RolloutTransitions transitions;
  private final Database database;
  private final PolicyStore policies;
  private final AliasStore aliases;
  private final RolloutConfig config;
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
    this.policies = router.store();
    this.database = policies.database();
    this.aliases = router.aliases();
    this.config = config;
    this.learning = new LearningStore(database, policies.baseHash());
    this.candidates = new CandidateStore(database, policies.baseHash());
    this.queue = new CandidateQueue(candidates, runs, policies, aliases, config.duel());
    this.transitions = new RolloutTransitions(rollouts, router);
    EvidenceStore evidence = new EvidenceStore(clock, config.duel().voteDelay());
    this.watches = new Watches(watchStore, rollouts, metrics, evidence, router, config);
    this.gating = new GateStep(gate, rollouts, runs, queue, transitions, router, config, clock);
    this.duelling =
        new DuelStep(rollouts, metrics, evidence, queue, transitions, router, config, clock);
  }

  /** Takes the next step, if there is one; true when the database was changed. */
  boolean step() {
    boolean paused = isPaused();
    rollouts.markRolledBack(
        new Transition(RolloutStatus.ROLLED_BACK, Cause.OPERATOR, "it was rolled back"), ACTOR);
    if (watches.step(!paused)) {
      return true;
    }
    Optional<Rollout> active = rollouts.active();
    Optional<DuelEvidence> votes =
        active.filter(rollout -> rollout.status() == RolloutStatus.DUELLING).map(duelling::count);
    if (paused) {
      return false;
    }
    return active.map(rollout -> step(rollout, votes)).orElseGet(this::openNext);
  }

  private boolean isPaused() {
    return learning.pause().isPresent();
  }

  private boolean step(Rollout rollout, Optional<DuelEvidence> votes) {
    Aliases now = database.statement(aliases::read);
    Optional<Transition> overtaken = overtakenBy(rollout, now);
    if (overtaken.isPresent()) {
      return transitions.apply(rollout, overtaken.get(), now);
    }
    return switch (rollout.status()) {
      case GATING -> gating.run(rollout, now);
      case DUELLING -> duelling.evaluate(rollout, votes.orElseThrow(), now);
      case AWAITING_APPROVAL -> false;
      case PROMOTED, ROLLED_BACK, REJECTED, INCONCLUSIVE, SUPERSEDED, ABORTED, CANCELLED ->
          throw new IllegalStateException("rollout " + rollout.id() + " has ended");
    };
  }

  private boolean openNext() {
    PolicyRecord champion = queue.champion();
    Optional<Candidate> next = queue.newest(champion);
    if (next.isEmpty()) {
      return false;
    }
    Candidate candidate = next.get();
    if (candidate.version().equals(champion.version())) {
      return queue.end(
          candidate,
          champion,
          new Transition(RolloutStatus.PROMOTED, Cause.OPERATOR, "an operator promoted it"),
          ACTOR);
    }
    if (isOfAnotherLine(candidate, champion)) {
      queue.supersede(
          candidate,
          champion,
          Cause.CHAMPION_CHANGED,
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
    List<Candidate> waiting = candidates.candidates();
    if (waiting.isEmpty()) {
      return List.of();
    }
    Candidate newest = waiting.getFirst();
    PolicyRecord champion = queue.champion();
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
    return queue.end(waiting, queue.champion(), cancelled, actor);
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

  /** Ends a rollout at an operator's wish; false when another decision was faster. */
  boolean cancel(Rollout rollout, Transition cancelled, String actor) {
    return transitions.apply(rollout, cancelled, actor);
  }

  /** How the rollout ends because its versions were changed by others; empty if they were not. */
  private Optional<Transition> overtakenBy(Rollout rollout, Aliases now) {
    if (now.champion().equals(rollout.candidate())) {
      return Optional.of(
          new Transition(RolloutStatus.PROMOTED, Cause.OPERATOR, "an operator promoted it"));
    }
    Optional<String> unsound =
        database.statement(c -> policies.rolledBackAncestor(c, rollout.candidate()));
    if (unsound.isPresent()) {
      return Optional.of(
          new Transition(
              RolloutStatus.INCONCLUSIVE,
              Cause.PARENT_ROLLED_BACK,
              unsound.get().equals(rollout.candidate())
                  ? "it was rolled back"
                  : "it was trained on top of " + unsound.get() + ", which was rolled back"));
    }
    return now.champion().equals(rollout.champion())
        ? Optional.empty()
        : Optional.of(
            new Transition(
                RolloutStatus.SUPERSEDED,
                Cause.CHAMPION_CHANGED,
                "the champion became " + now.champion() + " meanwhile"));
  }
}
