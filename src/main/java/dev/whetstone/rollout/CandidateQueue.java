package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.rollout.duel.DuelConfig;
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
          older,
          champion,
          Transition.NEWER_CANDIDATE,
          newest.version() + " was trained on more votes");
    }
    return Optional.of(newest);
  }

  void supersede(Candidate candidate, PolicyRecord champion, String cause, String reason) {
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
        : config.minVotes() - usableVotes();
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
   * How a rollout is superseded by a newer candidate that is clearly better; empty while there is
   * none, or much speaks for the one under way.
   *
   * @param eValue the evidence for it so far
   */
  Optional<Transition> replacement(Rollout rollout, double eValue) {
    if (eValue >= config.replaceableBelow()) {
      return Optional.empty();
    }
    return newest(champion())
        .filter(candidate -> outdoes(candidate, rollout))
        .map(
            candidate ->
                new Transition(
                    RolloutStatus.SUPERSEDED,
                    Transition.BETTER_CANDIDATE,
                    candidate.version() + " is better on the select part by a standard error"));
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
