package dev.whetstone.rollout;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.policy.Policy;
import dev.whetstone.rollout.duel.ArmMetrics;
import dev.whetstone.serving.ServingSnapshot;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The running duel as this gateway knows it: assigns policies to pairs and counts what each arm
 * does. Request threads call {@link #assign} and {@link #observe}, the rollout loop calls {@link
 * #refresh}; counts that are not yet in the database are guarded by {@code pending}.
 */
public final class DuelTracker {
  /** The arms of a duel; the labels are stored. */
  enum Arm {
    CANDIDATE("candidate"),
    CHAMPION("champion"),
    /** The champion in pairs without the candidate. */
    CHAMPION_ALONE("alone");

    private final String label;

    Arm(String label) {
      this.label = label;
    }
  }

  private final RolloutStore store;
  private final RandomGenerator random;
  private final String gateway;
  private final Map<Arm, ArmMetrics> pending = new EnumMap<>(Arm.class);
  private volatile @Nullable Rollout current;

  /**
   * Creates a tracker that knows of no duel until {@link #refresh}.
   *
   * @param gateway name of this process, unique in the cluster
   */
  public DuelTracker(RolloutStore store, RandomGenerator random, String gateway) {
    this.store = store;
    this.random = random;
    this.gateway = gateway;
  }

  /**
   * Draws the policies of the next pair: the champion twice, or in a share of the pairs champion
   * and candidate, provided that this gateway serves the very versions of the duel.
   */
  public PairAssignment assign(ServingSnapshot serving) {
    Rollout duel = current;
    var candidate = serving.candidate();
    boolean withCandidate =
        duel != null
            && candidate != null
            && candidate.hash().equals(duel.candidateHash())
            && serving.champion().hash().equals(duel.championHash())
            && random.nextDouble() < duel.share();
    Policy champion = serving.champion();
    Policy other = withCandidate && candidate != null ? candidate : champion;
    return random.nextBoolean()
        ? new PairAssignment(champion, other)
        : new PairAssignment(other, champion);
  }

  /** Wraps the listener of a pair so that the results of both sides are counted for the duel. */
  public GenerationListener observe(PairAssignment pair, GenerationListener inner) {
    Rollout duel = current;
    Arm first = duel == null ? null : arm(duel, pair.first(), pair.second());
    Arm second = duel == null ? null : arm(duel, pair.second(), pair.first());
    return first == null || second == null ? inner : new CountingListener(first, second, inner);
  }

  /** The arm of a side; null when the pair does not belong to the duel. */
  private static @Nullable Arm arm(Rollout duel, Policy side, Policy other) {
    if (side.hash().equals(duel.candidateHash())) {
      return other.hash().equals(duel.championHash()) ? Arm.CANDIDATE : null;
    }
    if (!side.hash().equals(duel.championHash())) {
      return null;
    }
    return other.hash().equals(duel.candidateHash())
        ? Arm.CHAMPION
        : other.hash().equals(side.hash()) ? Arm.CHAMPION_ALONE : null;
  }

  private final class CountingListener implements GenerationListener {
    private final List<Arm> arms;
    private final GenerationListener inner;
    private final long[] startNanos = new long[2];

    CountingListener(Arm first, Arm second, GenerationListener inner) {
      this.arms = List.of(first, second);
      this.inner = inner;
    }

    @Override
    public void onText(int branch, String text, int[] tokens, float[] logps) {
      if (startNanos[branch] == 0) {
        startNanos[branch] = System.nanoTime();
      }
      inner.onText(branch, text, tokens, logps);
    }

    @Override
    public void onFinish(int branch, Completion completion) {
      inner.onFinish(branch, completion);
      long nanos = startNanos[branch] == 0 ? 0 : System.nanoTime() - startNanos[branch];
      count(arms.get(branch), completion, nanos);
    }
  }

  private void count(Arm arm, Completion completion, long nanos) {
    // A client that disconnects tells nothing about the version.
    if (completion.reason() == FinishReason.CANCELLED) {
      return;
    }
    boolean error = completion.reason() == FinishReason.ERROR;
    ArmMetrics one =
        new ArmMetrics(
            1,
            !error && completion.text().isBlank() ? 1 : 0,
            completion.reason() == FinishReason.LENGTH ? 1 : 0,
            error ? 1 : 0,
            completion.tokens().length,
            nanos / 1e9);
    synchronized (pending) {
      pending.merge(arm, one, ArmMetrics::plus);
    }
  }

  /** Writes the counts since the last call to the store, then reads which duel is running. */
  void refresh() {
    Rollout duel = current;
    if (duel != null) {
      publish(duel);
    }
    Optional<Rollout> now =
        store.active().filter(active -> active.status() == RolloutStatus.DUELLING);
    if (duel == null || now.isEmpty() || !now.get().id().equals(duel.id())) {
      synchronized (pending) {
        pending.clear();
      }
    }
    current = now.orElse(null);
  }

  private void publish(Rollout duel) {
    for (Arm arm : Arm.values()) {
      ArmMetrics more;
      synchronized (pending) {
        more = pending.remove(arm);
      }
      if (more != null) {
        store.addMetrics(duel.id(), gateway, arm.label, more);
      }
    }
  }

  /** What an arm did so far, summed over all gateways. */
  static ArmMetrics metrics(RolloutStore store, Rollout duel, Arm arm) {
    return store.metrics(duel.id(), arm.label);
  }
}
