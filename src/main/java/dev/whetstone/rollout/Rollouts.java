package dev.whetstone.rollout;

import dev.whetstone.database.LeaderLoop;
import dev.whetstone.database.Notifications;
import dev.whetstone.engine.Engine;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.rollout.gate.Gate;
import dev.whetstone.rollout.gate.GateDataset;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.training.TrainingRunStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Brings candidates through gate and duel. Every gateway follows the duel that is on; the one that
 * holds the lock is the referee.
 */
public final class Rollouts implements AutoCloseable {
  private final RolloutStore store;
  private final DuelTracker duels;
  private final RolloutController referee;
  private final RolloutConfig config;
  private final LeaderLoop loop;

  /**
   * Follows nothing until {@link #start}.
   *
   * @param poll how often the leader looks for work when no notification comes
   * @param canary token ids of the configured canary text
   */
  public Rollouts(
      Engine engine,
      PolicyRouter policies,
      TrainingRunStore runs,
      RolloutConfig config,
      Duration poll,
      int[] canary,
      RandomGenerator random,
      InstantSource clock) {
    String baseHash = policies.base().hash();
    this.store = new RolloutStore(policies.store().database(), baseHash);
    this.duels = new DuelTracker(store, random, policies.gateway());
    GateDataset data = new GateDataset(policies.store().database(), runs, baseHash);
    Gate gate = new Gate(engine, policies.base(), data, config.gate(), canary);
    this.referee = new RolloutController(store, policies, gate, config, clock);
    this.config = config;
    this.loop =
        new LeaderLoop(
            policies.store().database(),
            "referee." + baseHash,
            poll,
            Thread.ofVirtual().name("whetstone-rollouts"),
            new Work());
  }

  /** Follows rollouts from now on, by notification and by polling. */
  public void start(Notifications notifications) {
    loop.start(notifications, RolloutStore.CHANNEL, TrainingRunStore.CHANNEL, AliasStore.CHANNEL);
  }

  public RolloutStore store() {
    return store;
  }

  public DuelTracker duels() {
    return duels;
  }

  /** The settings that rollouts follow. */
  public RolloutConfig config() {
    return config;
  }

  /** Puts a version on its way; empty when another is under way or it is the champion. */
  public Optional<Rollout> open(
      Connection connection,
      PolicyRecord candidate,
      RolloutMode mode,
      double share,
      ChangeContext by)
      throws SQLException {
    return referee.open(connection, candidate, mode, share, by);
  }

  /** Ends a rollout without a promotion; false when it had ended. */
  public boolean cancel(Rollout rollout, ChangeContext by) {
    String reason = by.reason() == null ? "an operator ended it" : by.reason();
    return rollout.status().active()
        && referee.apply(
            rollout,
            new RolloutController.Move(RolloutStatus.CANCELLED, reason, Map.of()),
            by.actor());
  }

  private final class Work implements LeaderLoop.Work {
    @Override
    public void follow() {
      duels.refresh();
    }

    @Override
    public boolean step() {
      return referee.step();
    }
  }

  /** Ends the following; what was committed stays for the next referee. */
  @Override
  public void close() {
    loop.close();
  }
}
