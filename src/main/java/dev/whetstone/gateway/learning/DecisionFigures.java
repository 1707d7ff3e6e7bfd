package dev.whetstone.gateway.learning;

import dev.whetstone.gateway.policies.RolloutView;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.rollout.ChoiceCounts;
import dev.whetstone.rollout.Rollout;
import dev.whetstone.rollout.RolloutStatus;
import dev.whetstone.rollout.Rollouts;
import dev.whetstone.rollout.Watch;
import dev.whetstone.rollout.evidence.DuelEvidence;
import dev.whetstone.training.TrainingRun;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

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
            evidence.votes().wins(),
            evidence.votes().losses(),
            evidence.counted(),
            evidence.eValue(),
            rollouts.threshold(rollout),
            evidence.futility(),
            rollouts.config().duel().futility(),
            LearningView.Choices.of(rollouts.store().choices(rollout, false)),
            LearningView.Choices.of(rollouts.store().choices(rollout, true)),
            RolloutView.Ratings.of(evidence.ratings())));
  }

  static Optional<LearningView.Watch> watch(Rollouts rollouts, List<Watch> active) {
    return active.stream()
        .filter(Watch::ofPredecessor)
        .map(
            watch ->
                new LearningView.Watch(
                    watch.against(),
                    watch.evidence().wins(),
                    watch.evidence().losses(),
                    watch.evidence().mirrored().eValue(),
                    rollouts.config().watch().evidence(),
                    LearningView.Choices.of(watch.choices())))
        .findFirst();
  }

  static Optional<LearningView.WinRate> winRate(List<Watch> active) {
    return active.stream()
        .filter(watch -> watch.against().equals("v0"))
        .flatMap(
            watch -> Stream.ofNullable(watch.winRate()).map(rate -> winRate(rate, watch.choices())))
        .findFirst();
  }

  private static LearningView.WinRate winRate(Watch.WinRate rate, ChoiceCounts choices) {
    return new LearningView.WinRate(
        rate.rate(), rate.low(), rate.high(), rate.votes(), LearningView.Choices.of(choices));
  }

  /** What a rollout that is under way waits for, and how much of it there is. */
  static String waitsFor(Rollouts rollouts, Rollout rollout) {
    DuelEvidence evidence = rollout.evidence();
    return switch (rollout.status()) {
      case DUELLING ->
          String.format(
              Locale.ROOT,
              "votes in the duel of %s: %s, an e-value of %.2f of the %.0f that promote",
              rollout.candidate(),
              Rollouts.counts(evidence),
              evidence.eValue(),
              rollouts.threshold(rollout));
      case AWAITING_APPROVAL ->
          "an operator, who promotes %s or ends its rollout".formatted(rollout.candidate());
      default ->
          rollout.judgedVotes() == null
              ? "the gate, which measures " + rollout.candidate()
              : "more votes of the gate part than the %d that could not tell whether %s is better"
                  .formatted(rollout.judgedVotes(), rollout.candidate());
    };
  }

  /** The newest decision on a run, a rollout or a champion. */
  static Optional<LearningView.LastDecision> last(
      Rollouts rollouts, Optional<TrainingRun> endedRun) {
    Stream<LearningView.LastDecision> ofRun =
        endedRun.stream()
            .flatMap(
                run ->
                    Stream.ofNullable(run.finishedAt())
                        .map(
                            at ->
                                new LearningView.LastDecision(
                                    run.id(), run.status().label(), run.reason(), at)));
    Stream<LearningView.LastDecision> ofRollout =
        rollouts.decisions().lastEnded().stream()
            .map(
                ended ->
                    new LearningView.LastDecision(
                        ended.about(), ended.decision().label(), ended.reason(), ended.at()));
    Stream<LearningView.LastDecision> ofChampion =
        rollouts.lastChampionChange().stream()
            .map(
                change ->
                    new LearningView.LastDecision(
                        change.version(),
                        change.action() == AliasStore.Action.PROMOTE
                            ? "promoted"
                            : "rolled back to",
                        change.reason(),
                        change.at()));
    // A rollout's row says more than the change of the champion in the same transaction.
    return Stream.of(ofRun, ofChampion, ofRollout)
        .flatMap(Function.identity())
        .reduce((one, other) -> other.at().isBefore(one.at()) ? one : other);
  }
}
