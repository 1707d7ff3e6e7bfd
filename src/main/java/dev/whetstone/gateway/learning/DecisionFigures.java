package dev.whetstone.gateway.learning;

import dev.whetstone.rollout.Rollout;
import dev.whetstone.rollout.RolloutStatus;
import dev.whetstone.rollout.Rollouts;
import dev.whetstone.rollout.duel.DuelEvidence;
import java.util.Optional;

/** The evidence behind the decisions on candidates and champion, for {@link LearningView}. */
final class DecisionFigures {
  private DecisionFigures() {}

  static Optional<LearningView.Duel> duel(Rollouts rollouts, Rollout rollout) {
    if (rollout.status() != RolloutStatus.DUELLING) {
      return Optional.empty();
    }
    DuelEvidence evidence = rollout.evidence();
    return Optional.of(
        new LearningView.Duel(
            evidence.wins(),
            evidence.losses(),
            (long) evidence.wins() + evidence.losses(),
            evidence.eValue(),
            rollouts.config().duel().evidence(),
            null));
  }

  /** Empty: champions are not watched yet. */
  static Optional<LearningView.Watch> watch(Rollouts rollouts) {
    return Optional.empty();
  }

  /** Empty: no pairs set the champion against the base yet. */
  static Optional<LearningView.WinRate> winRate(Rollouts rollouts) {
    return Optional.empty();
  }
}
