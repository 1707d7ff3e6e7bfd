package dev.whetstone.gateway.learning;

import dev.whetstone.preference.TrainingVotes;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The state of the learning in one answer.
 *
 * @param paused why and by whom it is held; null while it goes on
 * @param pool the usable votes
 * @param waitingFor what happens next, and what is missing for it
 * @param nextRunAtVotes number of usable votes at which the next run begins; null when votes start
 *     none
 * @param run the run that is under way
 * @param candidate the version that is on its way to champion
 * @param duel its duel; null outside one
 * @param watch how the champion does against its predecessor; null when it is not watched
 * @param winRateOverV0 how often users prefer the champion to the base; null before any vote on it
 * @param lastDecision the newest decision about a run or a rollout
 */
public record LearningView(
    @Nullable Pause paused,
    Pool pool,
    String waitingFor,
    @Nullable Long nextRunAtVotes,
    @Nullable Run run,
    @Nullable Candidate candidate,
    @Nullable Duel duel,
    @Nullable Watch watch,
    @Nullable WinRate winRateOverV0,
    @Nullable LastDecision lastDecision) {

  /** A pause. */
  public record Pause(String reason, String actor, Instant at) {}

  /**
   * The usable votes since the users' taste last turned.
   *
   * @param newSincePromotion of these, since the champion was promoted
   */
  public record Pool(long usable, long train, long select, long gate, long newSincePromotion) {
    static Pool of(TrainingVotes.Counts counts) {
      return new Pool(
          counts.usable(), counts.train(), counts.select(), counts.gate(), counts.since());
    }
  }

  /** A run that is queued or running. */
  public record Run(String id, String status, int pairs, int selectPairs) {}

  /** A candidate and the status of its rollout. */
  public record Candidate(String version, String rolloutId, String status) {}

  /**
   * The votes of a duel.
   *
   * @param evidence e-value against "the candidate is no better"
   * @param threshold that promotes
   * @param futility e-value for giving up; null where it is not computed
   */
  public record Duel(
      long wins,
      long losses,
      long counted,
      double evidence,
      double threshold,
      @Nullable Double futility) {}

  /**
   * The votes on pairs of the champion and its predecessor.
   *
   * @param evidence e-value against "the champion is at least as good"
   */
  public record Watch(String against, long wins, long losses, double evidence) {}

  /** A rate with its confidence interval. */
  public record WinRate(double rate, double low, double high, long votes) {}

  /** What was decided last. */
  public record LastDecision(String about, String decision, @Nullable String reason, Instant at) {}
}
