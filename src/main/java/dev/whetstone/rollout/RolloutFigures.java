package dev.whetstone.rollout;

import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.rollout.evidence.DuelEvidence;
import dev.whetstone.rollout.evidence.VoteEvidence;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * What an operator watches, as numbers; 0 where there is no duel, watch or vote.
 *
 * @param endings of rollouts
 * @param promotions of champions, whoever made them; rollbacks likewise
 * @param watchRollbacks champions that a watch took back, with or without a rollout
 */
public record RolloutFigures(
    Map<DecisionStore.Ending, Long> endings,
    long promotions,
    long rollbacks,
    long watchRollbacks,
    double duelSeconds,
    int duelWins,
    int duelLosses,
    double duelEvidence,
    double duelThreshold,
    double watchEvidence,
    double winRate,
    double winRateLow,
    double winRateHigh,
    int winRateVotes) {
  static final RolloutFigures NONE =
      new RolloutFigures(Map.of(), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** Reads them; those that were read before while the database is away. */
  static RolloutFigures read(Rollouts rollouts, RolloutFigures before, Instant now) {
    try {
      return read(rollouts, now);
    } catch (DatabaseUnavailableException | DatabaseException away) {
      return before;
    }
  }

  private static RolloutFigures read(Rollouts rollouts, Instant now) {
    Optional<Rollout> duel =
        rollouts.store().active().filter(rollout -> rollout.status() == RolloutStatus.DUELLING);
    DuelEvidence evidence = duel.map(Rollout::evidence).orElse(DuelEvidence.of(VoteEvidence.NONE));
    VoteEvidence votes = evidence.votes();
    var watches = rollouts.watches().active();
    Optional<Watch.WinRate> rate =
        watches.stream()
            .filter(watch -> watch.against().equals("v0"))
            .map(Watch::winRate)
            .flatMap(Stream::ofNullable)
            .findFirst();
    return new RolloutFigures(
        rollouts.decisions().endings(),
        rollouts.promotions(),
        rollouts.rollbacks(),
        rollouts.watches().rollbacks(),
        duel.map(Rollout::duelBeganAt).map(at -> Duration.between(at, now).toSeconds()).orElse(0L),
        votes.wins(),
        votes.losses(),
        duel.isEmpty() ? 0 : evidence.eValue(),
        duel.map(rollouts::threshold).orElse(0.0),
        watches.stream()
            .filter(Watch::ofPredecessor)
            .mapToDouble(watch -> watch.evidence().mirrored().eValue())
            .max()
            .orElse(0),
        of(rate, Watch.WinRate::rate),
        of(rate, Watch.WinRate::low),
        of(rate, Watch.WinRate::high),
        rate.map(Watch.WinRate::votes).orElse(0));
  }

  private static double of(Optional<Watch.WinRate> rate, ToDoubleFunction<Watch.WinRate> part) {
    return rate.map(part::applyAsDouble).orElse(0.0);
  }
}
