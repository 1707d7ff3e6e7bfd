package dev.whetstone.gateway.learning;

import dev.whetstone.rollout.Rollout;
import dev.whetstone.rollout.RolloutStatus;
import dev.whetstone.rollout.Rollouts;
import dev.whetstone.rollout.Watch;
import dev.whetstone.rollout.evidence.VoteEvidence;
import java.util.Optional;
import java.util.stream.Stream;

/** The evidence behind the decisions on candidates and champion, for {@link LearningView}. */
final class DecisionFigures {
  private DecisionFigures() {}

  static Optional<LearningView.Duel> duel(Rollouts rollouts, Rollout rollout) {
    if (rollout.status() != RolloutStatus.DUELLING) {
      return Optional.empty();
    }
    VoteEvidence evidence = rollout.evidence();
    return Optional.of(
        new LearningView.Duel(
            evidence.wins(),
            evidence.losses(),
            (long) evidence.wins() + evidence.losses(),
            evidence.eValue(),
            rollouts.threshold(rollout),
            evidence.futility()));
  }

  static Optional<LearningView.Watch> watch(Rollouts rollouts) {
    return rollouts.watches().active().stream()
        .filter(Watch::ofPredecessor)
        .map(
            watch ->
                new LearningView.Watch(
                    watch.against(),
                    watch.evidence().wins(),
                    watch.evidence().losses(),
                    watch.evidence().mirrored().eValue()))
        .findFirst();
  }

  static Optional<LearningView.WinRate> winRate(Rollouts rollouts) {
    return rollouts.watches().active().stream()
        .filter(watch -> watch.against().equals("v0"))
        .map(Watch::winRate)
        .flatMap(Stream::ofNullable)
        .map(rate -> new LearningView.WinRate(rate.rate(), rate.low(), rate.high(), rate.votes()))
        .findFirst();
  }
}
