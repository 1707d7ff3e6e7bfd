package dev.whetstone.training.worker;

import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.preference.feedback.TrainingRatings;
import dev.whetstone.training.Pool;
import dev.whetstone.training.RunStatus;
import dev.whetstone.training.TrainingRunStore;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * What the trainer last knew of the pool, for metrics, and its warnings to the operator: that many
 * votes brought no promotion, or that most votes decide nothing. Counts again only when votes came
 * or went. Written by the trainer's thread alone.
 */
public final class LearningStatus {
  private static final Logger LOG = Logger.getLogger(LearningStatus.class);
  private static final int STALLED = 400;
  private static final int NEWEST = 100;
  private static final double MOST = 0.5;

  private final TrainingVotes votes;
  private final TrainingRatings ratings;
  private final TrainingRunStore runs;
  private volatile Pool pool = new Pool(new TrainingVotes.Counts(0, 0, 0, 0, 0, 0), 0);
  private volatile Map<RunStatus, Long> ends = Map.of();
  private String counted = "";
  private String toldObstacle = "";
  private long warnedAt;
  private boolean warnedOfTies;
  private boolean toldOtherBases;

  LearningStatus(TrainingVotes votes, TrainingRunStore runs) {
    this.votes = votes;
    this.ratings = new TrainingRatings(runs.database(), runs.baseHash());
    this.runs = runs;
  }

  /** The pool as it was counted last. */
  public Pool pool() {
    return pool;
  }

  /** Number of runs that ended so. */
  public long ended(RunStatus status) {
    return ends.getOrDefault(status, 0L);
  }

  /** Counts the pool if anything changed, and warns. */
  Pool refresh() {
    Map<RunStatus, Long> now = runs.history().ends();
    String revision =
        votes.revision()
            + ratings.revision()
            + now
            + runs.history().championSince().map(Object::toString).orElse("");
    if (!revision.equals(counted)) {
      pool = Pool.read(votes, runs);
      ends = now;
      counted = revision;
      warn();
    }
    return pool;
  }

  /** Tells once why a run that is due does not begin. */
  void tellObstacle(Optional<String> obstacle) {
    String text = obstacle.orElse("");
    if (!text.equals(toldObstacle) && !text.isEmpty()) {
      LOG.infof("a run is due but waits: %s", text);
    }
    toldObstacle = text;
  }

  private void warn() {
    long since = pool.counts().since();
    if (since < warnedAt) {
      warnedAt = 0;
    }
    if (since >= warnedAt + STALLED) {
      warnedAt = since;
      LOG.warnf(
          "%d usable votes since the champion was promoted brought no other: see GET /learning and"
              + " GET /rollouts for what was refused and why",
          since);
    }
    long others = toldOtherBases ? 0 : votes.ofOtherBases();
    toldOtherBases = true;
    if (others > 0) {
      LOG.warnf(
          "%d usable votes are on answers of another base: they are kept, but no run of this one"
              + " reads them. whetstone.trainer.other-bases=true copies them by their texts, and"
              + " './whetstone train --from-log' trains on those",
          others);
    }
    double ties = votes.tieShare(NEWEST);
    if (ties > MOST && !warnedOfTies) {
      LOG.warnf(
          "%.0f of the newest %d votes are ties or both-bad, which teach nothing",
          ties * NEWEST, NEWEST);
    }
    warnedOfTies = ties > MOST;
  }
}
