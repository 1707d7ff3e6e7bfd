package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.rollout.duel.DuelConfig;
import dev.whetstone.rollout.evidence.DuelEvidence;
import dev.whetstone.training.Pool;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Which candidate goes next: the newest. Those before it, and those that were trained when another
 * version was champion, are superseded: their votes are in the newest one's pool as well.
 */
final class CandidateQueue {
  private static final Logger LOG = Logger.getLogger(CandidateQueue.class);

  private static final String LEARNED_MUCH_MORE =
      """
      SELECT FROM training_runs c, training_runs o WHERE c.run_id = ? AND o.run_id = ?
        AND (c.pool >= 2 * o.pool
          OR coalesce(c.forgotten_until, 0) > coalesce(o.forgotten_until, 0))
      """;

  private final CandidateStore candidates;
  private final TrainingRunStore runs;
  private final Database database;
  private final PolicyStore policies;
  private final AliasStore aliases;
  private final DuelConfig config;
  private String waiting = "";

  CandidateQueue(
      CandidateStore candidates,
      TrainingRunStore runs,
      PolicyStore policies,
      AliasStore aliases,
      DuelConfig config) {
    this.candidates = candidates;
    this.aliases = aliases;
    this.runs = runs;
    this.policies = policies;
    this.database = policies.database();
    this.config = config;
  }

  /** The newest candidate; those before it get the rollout of a superseded one. */
  Optional<Candidate> newest(PolicyRecord champion) {
    List<Candidate> waiting = candidates.candidates();
    if (waiting.isEmpty()) {
      return Optional.empty();
    }
    Candidate newest = waiting.getFirst();
    for (Candidate older : waiting.subList(1, waiting.size())) {
      supersede(
          older, champion, Cause.NEWER_CANDIDATE, newest.version() + " was trained on more votes");
    }
    return Optional.of(newest);
  }

  void supersede(Candidate candidate, PolicyRecord champion, Cause cause, String reason) {
    end(
        candidate,
        champion,
        new Transition(RolloutStatus.SUPERSEDED, cause, reason),
        RolloutController.ACTOR);
  }

  /** Ends a candidate before its turn; false when its turn has come meanwhile. */
  boolean end(Candidate candidate, PolicyRecord champion, Transition ending, String actor) {
    boolean ended =
        database.transaction(
            connection -> {
              boolean done = candidates.endWaiting(connection, candidate, champion, ending, actor);
              if (done && !candidate.version().equals(champion.version())) {
                policies.setStatus(
                    connection,
                    candidate.version(),
                    PolicyStatus.HELD,
                    new ChangeContext(actor, ending.reason()));
              }
              return done;
            });
    if (ended) {
      LOG.infof("%s is %s: %s", candidate.version(), ending.to().label(), ending.reason());
    }
    return ended;
  }

  /**
   * Whether a candidate may duel: it beats the champion on the select part by a standard error, or
   * the pool has enough votes that a duel is worth while anyway.
   */
  boolean mayDuel(Candidate candidate) {
    if (missingVotes(candidate) == 0) {
      return true;
    }
    if (!waiting.equals(candidate.version())) {
      waiting = candidate.version();
      LOG.infof(
          "%s waits for %d usable votes, or for a candidate that is clearly better on the select"
              + " part",
          candidate.version(), config.minVotes());
    }
    return false;
  }

  /** Usable votes that a candidate's duel waits for; 0 if it may begin. */
  int missingVotes(Candidate candidate) {
    return SelectGain.of(candidate.metrics()).filter(SelectGain::isClear).isPresent()
        ? 0
        : Math.max(0, config.minVotes() - usableVotes());
  }

  // Ratings count for what they count when runs begin.
  private int usableVotes() {
    int votes = usable("usable_votes");
    return votes >= config.minVotes()
        ? votes
        : votes + Math.toIntExact(Pool.ofVotes(usable("usable_ratings")));
  }

  private int usable(String view) {
    return database
        .first(
            row -> row.getInt(1),
            "SELECT count(*) FROM (SELECT FROM %s WHERE base_hash = ? LIMIT ?) AS usable"
                .formatted(view),
            policies.baseHash(),
            2 * config.minVotes())
        .orElse(0);
  }

  /** The version that is champion now. */
  PolicyRecord champion() {
    return database.statement(c -> policies.require(c, aliases.read(c).champion()));
  }

  /**
   * How a rollout is superseded by a waiting candidate: one that is clearly better while little
   * speaks for the one under way, or one that has learned much more while that one's duel goes on
   * and on. Empty while there is none.
   *
   * @param evidence for the one under way so far
   */
  Optional<Transition> replacement(Rollout rollout, DuelEvidence evidence) {
    boolean open = evidence.eValue() < config.replaceableBelow();
    boolean slow =
        evidence.missingUntil(Decisions.rule(config, rollout).threshold()) > config.patience();
    if (!open && !slow) {
      return Optional.empty();
    }
    return newest(champion())
        .flatMap(
            candidate -> {
              if (open && outdoes(candidate, rollout)) {
                return superseded(
                    Cause.BETTER_CANDIDATE,
                    candidate.version() + " is better on the select part by a standard error");
              }
              if (slow && missingVotes(candidate) == 0 && learnedMuchMore(candidate, rollout)) {
                return superseded(
                    Cause.NEWER_CANDIDATE,
                    "%s learned from twice the votes or from a new taste, and this may take more than %d further votes"
                        .formatted(candidate.version(), config.patience()));
              }
              return Optional.empty();
            });
  }

  private static Optional<Transition> superseded(Cause cause, String reason) {
    return Optional.of(new Transition(RolloutStatus.SUPERSEDED, cause, reason));
  }

  private boolean learnedMuchMore(Candidate candidate, Rollout active) {
    return active.runId() != null
        && database
            .first(row -> true, LEARNED_MUCH_MORE, candidate.runId(), active.runId())
            .isPresent();
  }

  /** Whether a waiting candidate is better than the one under way by a standard error. */
  private boolean outdoes(Candidate candidate, Rollout active) {
    Optional<SelectGain> own = SelectGain.of(candidate.metrics());
    Optional<SelectGain> other =
        active.runId() == null
            ? Optional.empty()
            : runs.find(active.runId()).map(TrainingRun::metrics).flatMap(SelectGain::of);
    return own.isPresent() && other.isPresent() && own.get().exceeds(other.get());
  }
}
