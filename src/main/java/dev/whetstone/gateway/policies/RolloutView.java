package dev.whetstone.gateway.policies;

import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.whetstone.dpo.evaluation.AttemptThreshold;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.rollout.ArmMetricsStore;
import dev.whetstone.rollout.Candidate;
import dev.whetstone.rollout.ChoiceCounts;
import dev.whetstone.rollout.Rollout;
import dev.whetstone.rollout.RolloutConfig;
import dev.whetstone.rollout.RolloutStore;
import dev.whetstone.rollout.Rollouts;
import dev.whetstone.rollout.WaitingCandidate;
import dev.whetstone.rollout.duel.Arm;
import dev.whetstone.rollout.duel.ArmMetrics;
import dev.whetstone.rollout.evidence.RatingEvidence;
import dev.whetstone.rollout.evidence.VoteEvidence;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A rollout as operators see it.
 *
 * @param policy the candidate
 * @param status queued, gating, duelling, awaiting_approval, promoted, rejected, inconclusive,
 *     superseded, aborted or rolled_back
 * @param cause why it has this status, as a word; null while it is on its way
 * @param share fraction of pairs with one side from the candidate, in (0, 1]
 */
public record RolloutView(
    String id,
    String policy,
    String champion,
    @Nullable String runId,
    String mode,
    double share,
    String status,
    @Nullable String cause,
    @Nullable String reason,
    List<Criterion> gate,
    Duel duel,
    List<Step> decisions,
    Instant createdAt,
    @Nullable Instant duelBeganAt,
    @Nullable Instant endedAt) {
  /**
   * One criterion of the gate.
   *
   * @param number the measurement; null when there is none
   * @param verdict pass, fail or inconclusive
   */
  public record Criterion(String name, @Nullable Double number, String threshold, String verdict) {}

  /**
   * The duel's votes and each arm's metrics.
   *
   * @param wins counted votes for the candidate
   * @param evidence e-value of votes and ratings against "it is no better"
   * @param threshold e-value that promotes it
   * @param futility likelihood of even odds over odds of 60:40; at 10 the duel ends
   * @param attempt the how-manieth duel against this champion; 0 before it
   * @param votes on pairs of candidate and champion, the ties among them
   * @param votesAlone on pairs of the champion alone since the duel began
   * @param ratings of single answers
   * @param alone the champion in pairs without the candidate
   */
  public record Duel(
      int wins,
      int losses,
      double evidence,
      double threshold,
      double futility,
      int attempt,
      Choices votes,
      Choices votesAlone,
      Ratings ratings,
      ArmMetrics candidate,
      ArmMetrics champion,
      ArmMetrics alone) {}

  /**
   * The counted ratings of single answers in a duel, one a conversation.
   *
   * @param candidateUp good ones of the candidate's answers
   * @param evidence e-value against "users approve of the candidate no more"
   */
  public record Ratings(
      int candidateUp, int candidateDown, int championUp, int championDown, double evidence) {
    /** The view of a duel's ratings. */
    public static Ratings of(RatingEvidence ratings) {
      return new Ratings(
          ratings.candidateUp(),
          ratings.candidateDown(),
          ratings.championUp(),
          ratings.championDown(),
          ratings.eValue());
    }
  }

  /** Votes, and how many of them were for neither side; the rates are null without votes. */
  public record Choices(
      long votes, long ties, long bothBad, @Nullable Double tieRate, @Nullable Double bothBadRate) {
    static final Choices NONE = of(new ChoiceCounts(0, 0, 0));

    /** The view of a count. */
    public static Choices of(ChoiceCounts counts) {
      return new Choices(
          counts.votes(), counts.ties(), counts.bothBad(), counts.tieRate(), counts.bothBadRate());
    }
  }

  /** A decision and the numbers that it was based on. */
  public record Step(
      Instant at,
      String decision,
      String actor,
      @Nullable String reason,
      @Schema(implementation = Map.class) @JsonRawValue String numbers) {}

  /** The view of a rollout that was just opened, before anything is measured. */
  static RolloutView opened(Rollout rollout, Rollouts rollouts, ChangeContext by) {
    String status = rollout.status().label();
    return view(
        rollout,
        List.of(),
        duel(
            rollout,
            rollouts,
            Choices.NONE,
            Choices.NONE,
            ArmMetrics.NONE,
            ArmMetrics.NONE,
            ArmMetrics.NONE),
        List.of(new Step(rollout.createdAt(), status, by.actor(), by.reason(), "{}")));
  }

  /** The view of a candidate whose rollout has not begun. */
  static RolloutView queued(WaitingCandidate waiting, RolloutConfig config) {
    Candidate candidate = waiting.candidate();
    return new RolloutView(
        candidate.rolloutId(),
        candidate.version(),
        waiting.champion(),
        candidate.runId(),
        config.mode().label(),
        config.duel().share(),
        WaitingCandidate.STATUS,
        null,
        waiting.reason(),
        List.of(),
        new Duel(
            0,
            0,
            VoteEvidence.NONE.eValue(),
            AttemptThreshold.of(config.duel().evidence(), 1),
            VoteEvidence.NONE.futility(),
            0,
            Choices.NONE,
            Choices.NONE,
            Ratings.of(RatingEvidence.NONE),
            ArmMetrics.NONE,
            ArmMetrics.NONE,
            ArmMetrics.NONE),
        List.of(),
        candidate.finishedAt(),
        null,
        null);
  }

  static RolloutView of(Rollout rollout, Rollouts rollouts) {
    RolloutStore store = rollouts.store();
    return view(
        rollout,
        rollouts.gateResults().of(rollout.id()).stream()
            .map(
                row ->
                    new Criterion(
                        row.name(), finite(row.number()), row.threshold(), row.verdict().label()))
            .toList(),
        duel(
            rollout,
            rollouts,
            Choices.of(store.choices(rollout, false)),
            Choices.of(store.choices(rollout, true)),
            metrics(rollout, rollouts, Arm.CANDIDATE),
            metrics(rollout, rollouts, Arm.CHAMPION),
            metrics(rollout, rollouts, Arm.ALONE)),
        rollouts.decisions().of(rollout.id()).stream()
            .map(
                made ->
                    new Step(
                        made.at(),
                        made.decision().label(),
                        made.actor(),
                        made.reason(),
                        made.numbers()))
            .toList());
  }

  private static ArmMetrics metrics(Rollout rollout, Rollouts rollouts, Arm arm) {
    return rollouts.metrics().of(ArmMetricsStore.Subject.ROLLOUT, rollout.id(), arm);
  }

  private static Duel duel(
      Rollout rollout,
      Rollouts rollouts,
      Choices votes,
      Choices votesAlone,
      ArmMetrics candidate,
      ArmMetrics champion,
      ArmMetrics alone) {
    return new Duel(
        rollout.evidence().votes().wins(),
        rollout.evidence().votes().losses(),
        rollout.evidence().eValue(),
        rollouts.threshold(rollout),
        rollout.evidence().futility(),
        rollout.attempt(),
        votes,
        votesAlone,
        Ratings.of(rollout.evidence().ratings()),
        candidate,
        champion,
        alone);
  }

  private static RolloutView view(
      Rollout rollout, List<Criterion> gate, Duel duel, List<Step> decisions) {
    return new RolloutView(
        rollout.id(),
        rollout.candidate(),
        rollout.champion(),
        rollout.runId(),
        rollout.mode().label(),
        rollout.share(),
        rollout.status().label(),
        rollout.cause(),
        rollout.reason(),
        gate,
        duel,
        decisions,
        rollout.createdAt(),
        rollout.duelBeganAt(),
        rollout.endedAt());
  }

  private static @Nullable Double finite(double number) {
    return Double.isFinite(number) ? (Double) number : null;
  }
}
