package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.database.LeaderLoop;
import dev.whetstone.database.Notifications;
import dev.whetstone.engine.Engine;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.rollout.evidence.DuelEvidence;
import dev.whetstone.rollout.gate.Gate;
import dev.whetstone.rollout.gate.GateDataset;
import dev.whetstone.rollout.gate.OperatorChecks;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.training.TrainingRunStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The rollouts of one base model. Every gateway follows the running duel; the gateway that holds
 * the advisory lock runs the controller.
 */
public final class Rollouts implements AutoCloseable {
  private static final Duration FIGURES_AGE = Duration.ofSeconds(5);

  private record FiguresAt(RolloutFigures figures, Instant at) {}

  private final RolloutStore store;
  private final DecisionStore decisions;
  private final WatchStore watches;
  private final ArmMetricsStore metrics;
  private final InstantSource clock;
  private volatile FiguresAt figures = new FiguresAt(RolloutFigures.NONE, Instant.EPOCH);
  private final DuelTracker duelTracker;
  private final RolloutController controller;
  private final Database database;
  private final AliasStore aliases;
  private final RolloutConfig config;
  private final LeaderLoop loop;

  /**
   * Creates the parts; nothing runs until {@link #start}.
   *
   * @param poll how often the leader looks for work when no notification comes
   * @param probe token ids of the text whose perplexity the gate compares
   * @param checks the operator's own checks of the gate
   */
  public Rollouts(
      Engine engine,
      PolicyRouter policies,
      TrainingRunStore runs,
      RolloutConfig config,
      Duration poll,
      int[] probe,
      OperatorChecks checks,
      RandomGenerator random,
      InstantSource clock) {
    String baseHash = policies.base().hash();
    this.database = policies.store().database();
    this.aliases = policies.aliases();
    this.store = new RolloutStore(database, baseHash);
    this.decisions = new DecisionStore(database, baseHash);
    this.watches = new WatchStore(database, baseHash);
    this.metrics = new ArmMetricsStore(database);
    this.duelTracker =
        new DuelTracker(
            store, watches, metrics, config, policies.base(), random, policies.gateway());
    GateDataset data = new GateDataset(database, runs, baseHash);
    Gate gate = new Gate(engine, policies.base(), data, config.gate(), probe, checks);
    this.controller =
        new RolloutController(store, watches, metrics, runs, policies, gate, config, clock);
    this.config = config;
    this.clock = clock;
    this.loop =
        new LeaderLoop(
            database,
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

  /** What was decided about rollouts. */
  public DecisionStore decisions() {
    return decisions;
  }

  /** What the gate measured. */
  public GateResultStore gateResults() {
    return new GateResultStore(database);
  }

  /** How promoted versions do against their predecessors and v0. */
  public WatchStore watches() {
    return watches;
  }

  /** What the arms of duels and watches did. */
  public ArmMetricsStore metrics() {
    return metrics;
  }

  /** The newest promotion or rollback of a champion, whoever made it. */
  public Optional<AliasStore.ChampionChange> lastChampionChange() {
    return database.statement(aliases::lastChampionChange);
  }

  /** How often champions were promoted. */
  public long promotions() {
    return database.statement(c -> aliases.championChanges(c, AliasStore.Action.PROMOTE));
  }

  /** How often champions were rolled back, by operators and by watches. */
  public long rollbacks() {
    return database.statement(c -> aliases.championChanges(c, AliasStore.Action.ROLLBACK));
  }

  /** The e-value that promotes a rollout's candidate. */
  public double threshold(Rollout rollout) {
    return Decisions.threshold(config.duel(), rollout);
  }

  /** The counted votes and ratings of a duel, in words. */
  public static String counts(DuelEvidence evidence) {
    return Decisions.counts(evidence);
  }

  /** What an operator watches, as of a few seconds ago. */
  public RolloutFigures figures() {
    Instant now = clock.instant();
    FiguresAt last = figures;
    if (now.isBefore(last.at().plus(FIGURES_AGE))) {
      return last.figures();
    }
    RolloutFigures read = RolloutFigures.read(this, last.figures(), now);
    figures = new FiguresAt(read, now);
    return read;
  }

  /** Whether this gateway decides for all. */
  public boolean isLeader() {
    return loop.isLeader();
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

  /** Takes the leader's next step, as the loop does; for tests. */
  boolean step() {
    duelTracker.refresh();
    return controller.step();
  }

  /** Ends a rollout without a promotion; false when it has ended already. */
  public boolean cancel(Rollout rollout, ChangeContext by) {
    return rollout.status().active() && controller.cancel(rollout, cancelled(by), by.actor());
  }

  /** The candidates that wait for their turn, newest first, and what for. */
  public List<WaitingCandidate> waiting() {
    return controller.waiting();
  }

  /** Ends a candidate that waits; false when its turn has come meanwhile. */
  public boolean cancel(WaitingCandidate waiting, ChangeContext by) {
    return controller.cancel(waiting.candidate(), cancelled(by), by.actor());
  }

  private static Transition cancelled(ChangeContext by) {
    String reason = by.reason() == null ? "an operator cancelled it" : by.reason();
    return new Transition(RolloutStatus.CANCELLED, Cause.OPERATOR, reason);
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
