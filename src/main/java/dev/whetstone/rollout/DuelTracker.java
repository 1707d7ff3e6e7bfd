package dev.whetstone.rollout;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.TextDelta;
import dev.whetstone.policy.Policy;
import dev.whetstone.rollout.ArmMetricsStore.Subject;
import dev.whetstone.rollout.duel.Arm;
import dev.whetstone.rollout.duel.ArmMetrics;
import dev.whetstone.rollout.evidence.WatchRule;
import dev.whetstone.serving.ServingSnapshot;
import dev.whetstone.settings.Checks;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * The running duel and watches as this gateway knows them: assigns policies to pairs and, in a
 * duel, to single answers, and counts what each arm does. Request threads call the two {@code
 * assign} and {@code observe}, the rollout loop calls {@link #refresh}; counts that are not yet in
 * the database are guarded by {@code pending}.
 */
public final class DuelTracker {
  /**
   * A comparison that pairs may belong to.
   *
   * @param hash of the version in question
   * @param otherHash of the one it is compared with
   */
  private record Comparison(
      Subject subject, String id, String hash, String otherHash, double share) {
    /** Whether the two sides, in some order, are the two versions. */
    boolean isOf(Policy one, Policy other) {
      return (one.hash().equals(hash) && other.hash().equals(otherHash))
          || (one.hash().equals(otherHash) && other.hash().equals(hash));
    }
  }

  private record Key(Subject subject, String id, Arm arm) {}

  private final RolloutStore store;
  private final WatchStore watches;
  private final ArmMetricsStore metrics;
  private final WatchConfig watchConfig;
  private final double answerShare;
  private final Policy base;
  private final RandomGenerator random;
  private final String gateway;
  private final Map<Key, ArmMetrics> pending = new HashMap<>();
  // The duel first, which has the first claim on pairs.
  private volatile List<Comparison> current = List.of();

  /**
   * Creates a tracker that knows of no duel until {@link #refresh}.
   *
   * @param gateway name of this process, unique in the cluster
   */
  DuelTracker(
      RolloutStore store,
      WatchStore watches,
      ArmMetricsStore metrics,
      RolloutConfig config,
      Policy base,
      RandomGenerator random,
      String gateway) {
    this.store = store;
    this.watches = watches;
    this.metrics = metrics;
    this.watchConfig = config.watch();
    this.answerShare = config.duel().answerShare();
    Checks.require(answerShare >= 0 && answerShare < 1, "answer-share must be in [0, 1)");
    this.base = base;
    this.random = random;
    this.gateway = gateway;
  }

  /**
   * Draws the policies of the next pair: the champion twice, or in a share of the pairs the
   * champion and the version that it duels with or is watched against, provided that this gateway
   * serves the very versions.
   */
  public PairAssignment assign(ServingSnapshot serving) {
    Policy champion = serving.champion();
    Policy other = champion;
    double draw = random.nextDouble();
    for (Comparison comparison : current) {
      Optional<Policy> against = opponent(comparison, serving);
      if (against.isPresent() && draw < comparison.share()) {
        other = against.get();
        break;
      }
      draw = against.isPresent() ? (draw - comparison.share()) / (1 - comparison.share()) : draw;
    }
    return random.nextBoolean()
        ? new PairAssignment(champion, other)
        : new PairAssignment(other, champion);
  }

  /**
   * The policy of a single answer: the champion, or in a duel, for all answers of a share of the
   * conversations, the candidate. A watch compares pairs alone: what was dethroned answers nobody.
   */
  public AnswerAssignment assign(
      ServingSnapshot serving, AnswerAssignment.Conversation conversation) {
    Policy champion = serving.champion();
    for (Comparison duel : current) {
      Optional<Policy> candidate = opponent(duel, serving);
      if (duel.subject() == Subject.ROLLOUT && candidate.isPresent() && answerShare > 0) {
        AnswerAssignment.Draw draw = new AnswerAssignment.Draw(duel.id(), answerShare);
        return new AnswerAssignment(
            conversation.isOfCandidate(draw) ? candidate.get() : champion, draw);
      }
    }
    return new AnswerAssignment(champion, null);
  }

  private Optional<Policy> opponent(Comparison comparison, ServingSnapshot serving) {
    return Stream.of(serving.candidate(), serving.previous(), base)
        .flatMap(Stream::ofNullable)
        .filter(policy -> comparison.isOf(serving.champion(), policy))
        .findFirst();
  }

  /** Wraps the listener of a pair so that the results of both sides are counted for the duel. */
  public GenerationListener observe(PairAssignment pair, GenerationListener inner) {
    for (Comparison comparison : current) {
      if (comparison.isOf(pair.first(), pair.second())) {
        return new CountingListener(
            List.of(key(comparison, pair.first()), key(comparison, pair.second())), inner);
      }
    }
    Optional<Comparison> duel =
        current.stream().filter(one -> one.subject() == Subject.ROLLOUT).findFirst();
    boolean alone =
        duel.isPresent()
            && Stream.of(pair.first(), pair.second())
                .allMatch(side -> side.hash().equals(duel.get().otherHash()));
    Key key = alone ? new Key(Subject.ROLLOUT, duel.get().id(), Arm.ALONE) : null;
    return key == null ? inner : new CountingListener(List.of(key, key), inner);
  }

  /** Wraps the listener of single answers that were drawn for a duel, so that they are counted. */
  public GenerationListener observe(
      AnswerAssignment answer, int branches, GenerationListener inner) {
    AnswerAssignment.Draw draw = answer.duel();
    if (draw == null) {
      return inner;
    }
    for (Comparison duel : current) {
      if (duel.id().equals(draw.rolloutId())) {
        boolean candidate = answer.policy().hash().equals(duel.hash());
        Arm arm = candidate ? Arm.CANDIDATE_ANSWERS : Arm.CHAMPION_ANSWERS;
        return new CountingListener(
            Collections.nCopies(branches, new Key(Subject.ROLLOUT, duel.id(), arm)), inner);
      }
    }
    return inner;
  }

  private static Key key(Comparison comparison, Policy side) {
    return new Key(
        comparison.subject(),
        comparison.id(),
        side.hash().equals(comparison.hash()) ? Arm.CANDIDATE : Arm.CHAMPION);
  }

  private final class CountingListener implements GenerationListener {
    private final List<Key> arms;
    private final GenerationListener inner;
    private final long[] startNanos;

    CountingListener(List<Key> arms, GenerationListener inner) {
      this.arms = arms;
      this.startNanos = new long[arms.size()];
      this.inner = inner;
    }

    @Override
    public void onText(TextDelta delta) {
      if (startNanos[delta.branch()] == 0) {
        startNanos[delta.branch()] = System.nanoTime();
      }
      inner.onText(delta);
    }

    @Override
    public void onFinish(int branch, Completion completion) {
      inner.onFinish(branch, completion);
      long nanos = startNanos[branch] == 0 ? 0 : System.nanoTime() - startNanos[branch];
      count(arms.get(branch), completion, nanos);
    }
  }

  private void count(Key arm, Completion completion, long nanos) {
    // A client that disconnects tells nothing about the version.
    if (completion.reason() == FinishReason.CANCELLED) {
      return;
    }
    boolean error = completion.reason() == FinishReason.ERROR;
    double tokens = completion.tokens().length;
    double pace = Math.log(nanos / 1e9 / Math.max(1, tokens - 1));
    ArmMetrics one =
        new ArmMetrics(
            1,
            !error && completion.text().isBlank() ? 1 : 0,
            completion.reason() == FinishReason.LENGTH ? 1 : 0,
            error ? 1 : 0,
            completion.tokens().length,
            nanos / 1e9,
            tokens * tokens,
            nanos > 0 && tokens > 1
                ? new ArmMetrics.Pace(1, pace, pace * pace)
                : ArmMetrics.Pace.NONE);
    synchronized (pending) {
      pending.merge(arm, one, ArmMetrics::plus);
    }
  }

  /** Writes the counts since the last call to the store, then reads what is running. */
  void refresh() {
    publish();
    List<Comparison> now = new ArrayList<>();
    Optional<Rollout> duel =
        store.active().filter(active -> active.status() == RolloutStatus.DUELLING);
    duel.ifPresent(
        rollout ->
            now.add(
                new Comparison(
                    Subject.ROLLOUT,
                    rollout.id(),
                    rollout.candidateHash(),
                    rollout.championHash(),
                    rollout.share())));
    for (Watch watch : watches.active()) {
      now.add(
          new Comparison(
              Subject.WATCH, watch.id(), watch.championHash(), watch.againstHash(), share(watch)));
    }
    current = List.copyOf(now);
  }

  private double share(Watch watch) {
    return watch.ofPredecessor()
        ? WatchRule.share(
            watch.evidence().votes(),
            watchConfig.firstVotes(),
            watchConfig.firstShare(),
            watchConfig.share())
        : watchConfig.share();
  }

  private void publish() {
    Map<Key, ArmMetrics> untold = new HashMap<>();
    synchronized (pending) {
      untold.putAll(pending);
      pending.clear();
    }
    try {
      for (Map.Entry<Key, ArmMetrics> more : Map.copyOf(untold).entrySet()) {
        Key key = more.getKey();
        metrics.add(key.subject(), key.id(), gateway, key.arm(), more.getValue());
        untold.remove(key);
      }
    } finally {
      // What the database did not take is told the next time.
      synchronized (pending) {
        untold.forEach((key, count) -> pending.merge(key, count, ArmMetrics::plus));
      }
    }
  }

  /** What an arm of a duel did so far, summed over all gateways. */
  static ArmMetrics metrics(ArmMetricsStore store, Rollout duel, Arm arm) {
    return store.of(Subject.ROLLOUT, duel.id(), arm);
  }

  /** What an arm of a watch did so far, summed over all gateways. */
  static ArmMetrics metrics(ArmMetricsStore store, Watch watch, Arm arm) {
    return store.of(Subject.WATCH, watch.id(), arm);
  }
}
