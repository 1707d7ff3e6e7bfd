package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.rollout.RolloutStore.Candidate;
import dev.whetstone.rollout.duel.DuelConfig;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Which candidate goes next: the newest. Those before it, and those that were trained when another
 * version was champion, are superseded: their votes are in the newest one's pool as well.
 */
final class CandidateQueue {
  private static final Logger LOG = Logger.getLogger(CandidateQueue.class);

  private final RolloutStore rollouts;
  private final Database database;
  private final String baseHash;
  private final DuelConfig config;
  private String waiting = "";

  CandidateQueue(RolloutStore rollouts, Database database, String baseHash, DuelConfig config) {
    this.rollouts = rollouts;
    this.database = database;
    this.baseHash = baseHash;
    this.config = config;
  }

  /** The newest candidate; those before it get the rollout of a superseded one. */
  Optional<Candidate> newest(PolicyRecord champion) {
    List<Candidate> waiting = rollouts.candidates();
    if (waiting.isEmpty()) {
      return Optional.empty();
    }
    Candidate newest = waiting.getFirst();
    for (Candidate older : waiting.subList(1, waiting.size())) {
      supersede(
          older, champion, Transition.NEWER_CANDIDATE, newest.version() + " was trained on more votes");
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
            connection -> rollouts.endWaiting(connection, candidate, champion, ending, actor));
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
    Optional<SelectGain> gain = SelectGain.of(candidate.metrics());
    if (gain.filter(SelectGain::isClear).isPresent() || usableVotes() >= config.minVotes()) {
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

  private int usableVotes() {
    return database
        .first(
            row -> row.getInt(1),
            "SELECT count(*) FROM (SELECT FROM usable_votes WHERE base_hash = ? LIMIT ?) AS usable",
            baseHash,
            config.minVotes())
        .orElse(0);
  }

  /** Whether a waiting candidate is better than the one under way by a standard error. */
  boolean outdoes(Candidate candidate, Rollout active) {
    Optional<SelectGain> own = SelectGain.of(candidate.metrics());
    Optional<SelectGain> other =
        active.runId() == null
            ? Optional.empty()
            : database
                .statement(
                    connection ->
                        Sql.first(
                            connection,
                            row -> row.getString(1),
                            "SELECT metrics::text FROM training_runs WHERE run_id = ?",
                            active.runId()))
                .flatMap(SelectGain::of);
    return own.isPresent() && other.isPresent() && own.get().exceeds(other.get());
  }
}
