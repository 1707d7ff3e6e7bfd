package dev.whetstone.gateway.learning;

import dev.whetstone.gateway.policies.RolloutView;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.preference.feedback.TrainingRatings;
import dev.whetstone.rollout.ChoiceCounts;
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
 * @param nextRun how many pairs a run would take if it began now
 * @param run the run that is under way
 * @param candidate the version that is on its way to champion, or waits for its turn
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
    NextRun nextRun,
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
   * @param ofOtherBases usable votes on answers of another base, which are not among them
   * @param ratings of single answers that are in no pair; two count as a vote
   */
  public record Pool(
      long usable,
      long train,
      long select,
      long gate,
      long newSincePromotion,
      long ofOtherBases,
      Ratings ratings) {
    static Pool of(TrainingVotes.Counts counts, TrainingRatings.Counts rated, long ofOtherBases) {
      return new Pool(
          counts.usable(),
          counts.train(),
          counts.select(),
          counts.gate(),
          counts.since(),
          ofOtherBases,
          new Ratings(rated.usable(), rated.up(), rated.usable() - rated.up()));
    }
  }

  /** The ratings of single answers that may be trained on. */
  public record Ratings(long usable, long up, long down) {}

  /**
   * How many pairs a run would take now: the newest, as many as fit the time. The caps on one user
   * and one prompt are left out.
   *
   * @param of votes of the train part
   * @param ratings of single answers that a run would take beside them, of {@code ofRatings}
   * @param maxSeconds that a run may train
   * @param measured whether earlier runs told the seconds a token; else the model's size
   * @param note in a sentence
   */
  public record NextRun(
      long pairs,
      long of,
      long ratings,
      long ofRatings,
      int maxPairs,
      double maxSeconds,
      double secondsPerToken,
      boolean measured,
      String note) {
    static NextRun of(dev.whetstone.training.worker.NextRun next) {
      double seconds = next.maxDuration().toMillis() / 1e3;
      String pairs = part(next.pairs(), next.of(), "pairs");
      String taken =
          (next.ofRatings() == 0
                  ? pairs
                  : pairs + " and " + part(next.ratings(), next.ofRatings(), "ratings"))
              + (next.isCut() ? ", which fit %.0f seconds".formatted(seconds) : "");
      return new NextRun(
          next.pairs(),
          next.of(),
          next.ratings(),
          next.ofRatings(),
          next.maxPairs(),
          seconds,
          next.secondsPerToken(),
          next.measured(),
          taken + (next.measured() ? ", by what earlier runs took" : ", by the model's size"));
    }

    private static String part(long taken, long all, String what) {
      return taken < all
          ? "the newest %d of %d %s".formatted(taken, all, what)
          : "all %d %s".formatted(all, what);
    }
  }

  /** A run that is queued or running. */
  public record Run(String id, String status, int pairs, int selectPairs) {}

  /**
   * A candidate and the status of its rollout.
   *
   * @param reason what it waits for; null where the status says it
   */
  public record Candidate(
      String version, String rolloutId, String status, @Nullable String reason) {}

  /**
   * The votes of a duel.
   *
   * @param counted votes and ratings
   * @param evidence e-value of both against "the candidate is no better"
   * @param threshold that promotes
   * @param futility likelihood of even odds over 60:40; the duel ends at {@code futileAt}
   * @param votes on pairs of candidate and champion, the ties among them
   * @param votesAlone on pairs of the champion alone since the duel began
   * @param ratings of single answers
   */
  public record Duel(
      long wins,
      long losses,
      long counted,
      double evidence,
      double threshold,
      double futility,
      double futileAt,
      Choices votes,
      Choices votesAlone,
      RolloutView.Ratings ratings) {}

  /** Votes, and how many of them were for neither side; the rates are null without votes. */
  public record Choices(
      long votes, long ties, long bothBad, @Nullable Double tieRate, @Nullable Double bothBadRate) {
    static Choices of(ChoiceCounts counts) {
      return new Choices(
          counts.votes(), counts.ties(), counts.bothBad(), counts.tieRate(), counts.bothBadRate());
    }
  }

  /**
   * The votes on pairs of the champion and its predecessor.
   *
   * @param evidence e-value against "the champion is at least as good"
   * @param threshold at which the champion is rolled back
   * @param votes the ties among all votes
   */
  public record Watch(
      String against, long wins, long losses, double evidence, double threshold, Choices votes) {}

  /**
   * A rate with its confidence interval.
   *
   * @param votes behind it, ties as a half
   * @param choices all votes, those that found both bad among them
   */
  public record WinRate(double rate, double low, double high, long votes, Choices choices) {}

  /**
   * What was decided last about a run, a rollout or a champion.
   *
   * @param about id of the run or the rollout, or the version that is champion now
   */
  public record LastDecision(String about, String decision, @Nullable String reason, Instant at) {}
}
