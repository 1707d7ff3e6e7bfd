package dev.whetstone.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.rollout.gate.OperatorChecks;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Steps rollouts by hand on a real database and engine. */
abstract class SteppedRollouts extends RolloutCase {
  Rollouts rollouts(Map<String, String> more) {
    return rollouts(more, OperatorChecks.NONE);
  }

  Rollout opened(PolicyRecord candidate) {
    return opened(candidate, RolloutMode.DUEL);
  }

  Rollout opened(PolicyRecord candidate, RolloutMode mode) {
    return gateway
        .database
        .transaction(c -> rollouts.open(c, candidate, mode, 1, OPERATOR))
        .orElseThrow();
  }

  Rollout duelling(PolicyRecord candidate) {
    Rollout rollout = opened(candidate);
    rollouts.step();
    Rollout duel = rollouts.store().find(rollout.id()).orElseThrow();
    assertThat(duel.status())
        .as(duel.reason() + " " + rollouts.gateResults().of(duel.id()))
        .isEqualTo(RolloutStatus.DUELLING);
    return duel;
  }

  RolloutStatus status(Rollout rollout) {
    return rollouts.store().find(rollout.id()).orElseThrow().status();
  }

  PolicyRecord run(long seed, String metrics) throws Exception {
    gateway.register(1_000 + seed);
    return run(seed, metrics, PolicyStatus.READY);
  }

  void vote(PolicyRecord one, PolicyRecord other, String user, String prompt, boolean forTheFirst) {
    vote(one, other, user, prompt, forTheFirst, "{}", "another answer");
  }

  /** Stores a pair, the two versions on sides drawn at random, and a vote on it. */
  void vote(
      PolicyRecord one,
      PolicyRecord other,
      String user,
      String prompt,
      boolean forTheFirst,
      String sampling,
      @Nullable String otherText) {
    boolean swapped = new SplittableRandom(nextPair()).nextBoolean();
    vote(
        swapped ? new Sides(other, one) : new Sides(one, other),
        user,
        prompt,
        forTheFirst == swapped ? "b" : "a",
        sampling,
        otherText);
  }
}
