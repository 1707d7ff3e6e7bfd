package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Aliases;
import dev.whetstone.rollout.DuelTracker.Arm;
import dev.whetstone.rollout.EvidenceStore.Comparison;
import dev.whetstone.rollout.EvidenceStore.Counts;
import dev.whetstone.rollout.duel.ArmMetrics;
import dev.whetstone.rollout.duel.GuardrailThresholds;
import dev.whetstone.rollout.evidence.VoteEvidence;
import dev.whetstone.serving.PolicyRouter;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;

/**
 * The step of a rollout in which users' votes decide between candidate and champion. Confined to
 * the rollout loop's thread.
 */
final class DuelStep {
  private final RolloutStore rollouts;
  private final ArmMetricsStore metrics;
  private final EvidenceStore evidence;
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
    this.queue = queue;
    this.transitions = transitions;
    this.database = router.store().database();
    this.aliases = router.aliases();
    this.config = config;
    this.clock = clock;
  }

  /** Admits the votes that came since and counts all, whether or not decisions are held. */
  VoteEvidence count(Rollout duel) {
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
          VoteEvidence now = new VoteEvidence(counts.wins(), counts.losses());
          rollouts.saveEvidence(connection, duel, now);
          return now;
        });
  }

  /** Decides a duel whose votes or arms decide it; true when they did. */
  boolean evaluate(Rollout duel, VoteEvidence votes, Aliases now) {
    Optional<Transition> replaced = queue.replacement(duel, votes.eValue());
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
            votes,
            Decisions.rule(config.duel(), duel),
            rails.violations(candidate, DuelTracker.metrics(metrics, duel, Arm.CHAMPION)),
            rails.latency(candidate, DuelTracker.metrics(metrics, duel, Arm.CHAMPION_ALONE)),
            tooLong);
    return next != null && transitions.apply(duel, next, now);
  }
}
