package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Aliases;
import dev.whetstone.rollout.EvidenceStore.Comparison;
import dev.whetstone.rollout.EvidenceStore.Counts;
import dev.whetstone.rollout.duel.Arm;
import dev.whetstone.rollout.duel.ArmMetrics;
import dev.whetstone.rollout.duel.GuardrailThresholds;
import dev.whetstone.rollout.duel.GuardrailViolation;
import dev.whetstone.rollout.evidence.DuelEvidence;
import dev.whetstone.rollout.evidence.VoteEvidence;
import dev.whetstone.serving.PolicyRouter;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The step of a rollout in which users' votes decide between candidate and champion. Confined to
 * the rollout loop's thread.
 */
final class DuelStep {
  private final RolloutStore rollouts;
  private final ArmMetricsStore metrics;
  private final EvidenceStore evidence;
  private final RatingEvidenceStore ratings;
  private final CandidateQueue queue;
  private final RolloutTransitions transitions;
  private final Database database;
  private final AliasStore aliases;
  private final RolloutConfig config;
  private final InstantSource clock;

  DuelStep(
      RolloutStore rollouts,
      ArmMetricsStore metrics,
      EvidenceStore evidence,
      CandidateQueue queue,
      RolloutTransitions transitions,
      PolicyRouter router,
      RolloutConfig config,
      InstantSource clock) {
    this.rollouts = rollouts;
    this.metrics = metrics;
    this.evidence = evidence;
    this.ratings = new RatingEvidenceStore(clock, config.duel().ratingWindow());
    this.queue = queue;
    this.transitions = transitions;
    this.database = router.store().database();
    this.aliases = router.aliases();
    this.config = config;
    this.clock = clock;
  }

  /**
   * Admits the votes and ratings that came since and counts all, whether or not decisions are held.
   */
  DuelEvidence count(Rollout duel) {
    Instant championSince = database.statement(c -> aliases.lastPromotion(c, duel.champion())).at();
    Rollout begun = rollouts.numbered(duel, championSince);
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

  /** Decides a duel whose votes, ratings or arms decide it; true when they did. */
  boolean evaluate(Rollout duel, DuelEvidence counted, Aliases now) {
    Optional<Transition> replaced = queue.replacement(duel, counted);
    if (replaced.isPresent()) {
      return transitions.apply(duel, replaced.get(), now);
    }
    GuardrailThresholds rails = config.duel().thresholds();
    ArmMetrics candidate = DuelTracker.metrics(metrics, duel, Arm.CANDIDATE);
    boolean tooLong =
        duel.duelBeganAt() != null
            && clock.instant().isAfter(duel.duelBeganAt().plus(config.duel().maxDuration()));
    Transition next =
        Decisions.ofDuel(
            counted,
            Decisions.rule(config.duel(), duel),
            violations(rails, duel, candidate),
            rails.latency(candidate, DuelTracker.metrics(metrics, duel, Arm.ALONE)),
            tooLong);
    return next != null && transitions.apply(duel, next, now);
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
}
