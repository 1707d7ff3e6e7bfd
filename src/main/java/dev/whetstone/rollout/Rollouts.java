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
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The rollouts of one base model. Every gateway follows the running duel; the gateway that holds
 * the advisory lock runs the controller.
 */
public final class Rollouts implements AutoCloseable {
  private final RolloutStore store;
  private final DuelTracker duelTracker;
  private final RolloutController controller;
  private final RolloutConfig config;
  private final LeaderLoop loop;

  /**
   * Creates the parts; nothing runs until {@link #start}.
   *
   * @param poll how often the leader looks for work when no notification comes
   * @param probe token ids of the text whose perplexity the gate compares
   */
  public Rollouts(
      Engine engine,
      PolicyRouter policies,
      TrainingRunStore runs,
      RolloutConfig config,
      Duration poll,
      int[] probe,
      RandomGenerator random,
      InstantSource clock) {
    String baseHash = policies.base().hash();
    this.store = new RolloutStore(policies.store().database(), baseHash);
    this.duelTracker = new DuelTracker(store, random, policies.gateway());
    GateDataset data = new GateDataset(policies.store().database(), runs, baseHash);
    Gate gate = new Gate(engine, policies.base(), data, config.gate(), probe);
    this.controller = new RolloutController(store, policies, gate, config, clock);
    this.config = config;
    this.loop =
        new LeaderLoop(
            policies.store().database(),
            "referee." + baseHash, // must not change: gateways of all builds share this lock
            poll,
            Thread.ofVirtual().name("whetstone-rollouts"),
            new Work());
  }

  /** Starts the loop, which wakes up on notifications and polls. */
  public void start(Notifications notifications) {
    loop.start(notifications, RolloutStore.CHANNEL, TrainingRunStore.CHANNEL, AliasStore.CHANNEL);
  }

  public RolloutStore store() {
    return store;
  }

  public DuelTracker duelTracker() {
    return duelTracker;
  }

  /** The settings of rollouts. */
  public RolloutConfig config() {
    return config;
  }

  /** Opens a rollout; empty when another is active or the version is the champion already. */
  public Optional<Rollout> open(
      Connection connection,
      PolicyRecord candidate,
      RolloutMode mode,
      double share,
      ChangeContext by)
      throws SQLException {
    return controller.open(connection, candidate, mode, share, by);
  }

  /** Ends a rollout without a promotion; false when it has ended already. */
  public boolean cancel(Rollout rollout, ChangeContext by) {
    String reason = by.reason() == null ? "an operator cancelled it" : by.reason();
    return rollout.status().active()
        && controller.apply(
            rollout, new RolloutController.Transition(RolloutStatus.CANCELLED, reason), by.actor());
  }

  private final class Work implements LeaderLoop.Work {
    @Override
    public void beforeStep() {
      duelTracker.refresh();
    }

    @Override
    public boolean step() {
      return controller.step();
    }
  }

  /** Stops the loop; the next leader continues from what was committed. */
  @Override
  public void close() {
    loop.close();
  }
}
