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

/** The duel that is on, as this gateway knows it, and what its sides have done here. */
public final class DuelTracker {
  /** Who wrote a side; alone is the champion in a pair without the candidate. */
  enum Role {
    CANDIDATE("candidate"),
    CHAMPION("champion"),
    ALONE("alone");

    private final String label;

    Role(String label) {
      this.label = label;
    }
  }

  private final RolloutStore store;
  private final RandomGenerator random;
  private final String gateway;
  private final Map<Role, ArmMetrics> unsaid = new EnumMap<>(Role.class);
  private volatile @Nullable Rollout current;

  /**
   * No duel is on until {@link #refresh}.
   *
   * @param gateway a name of this process that others can tell from theirs
   */
  public DuelTracker(RolloutStore store, RandomGenerator random, String gateway) {
    this.store = store;
    this.random = random;
    this.gateway = gateway;
  }

  /**
   * Who writes the sides of the next pair: the champion both, or in a share of the pairs the
   * champion and the candidate, when both are served here as the duel has them.
   */
  public PairAssignment sides(ServingSnapshot serving) {
    Rollout duel = current;
    var candidate = serving.candidate();
    boolean on =
        duel != null
            && candidate != null
            && candidate.hash().equals(duel.candidateHash())
            && serving.champion().hash().equals(duel.championHash())
            && random.nextDouble() < duel.share();
    Policy champion = serving.champion();
    Policy other = on && candidate != null ? candidate : champion;
    return random.nextBoolean()
        ? new PairAssignment(champion, other)
        : new PairAssignment(other, champion);
  }

  /** Counts what the sides of a pair do while another listener follows them. */
  public GenerationListener follow(PairAssignment sides, GenerationListener inner) {
    Rollout duel = current;
    Role first = duel == null ? null : role(duel, sides.first(), sides.second());
    Role second = duel == null ? null : role(duel, sides.second(), sides.first());
    return first == null || second == null ? inner : new Count(first, second, inner);
  }

  /** What a side stands for; null when it does not belong to the duel. */
  private static @Nullable Role role(Rollout duel, Policy side, Policy other) {
    if (side.hash().equals(duel.candidateHash())) {
      return other.hash().equals(duel.championHash()) ? Role.CANDIDATE : null;
    }
    if (!side.hash().equals(duel.championHash())) {
      return null;
    }
    return other.hash().equals(duel.candidateHash())
        ? Role.CHAMPION
        : other.hash().equals(side.hash()) ? Role.ALONE : null;
  }

  private final class Count implements GenerationListener {
    private final List<Role> roles;
    private final GenerationListener inner;
    private final long[] begun = new long[2];

    Count(Role first, Role second, GenerationListener inner) {
      this.roles = List.of(first, second);
      this.inner = inner;
    }

    @Override
    public void onText(int branch, String text, int[] tokens, float[] logps) {
      if (begun[branch] == 0) {
        begun[branch] = System.nanoTime();
      }
      inner.onText(branch, text, tokens, logps);
    }

    @Override
    public void onFinish(int branch, Completion completion) {
      inner.onFinish(branch, completion);
      long nanos = begun[branch] == 0 ? 0 : System.nanoTime() - begun[branch];
      count(roles.get(branch), completion, nanos);
    }
  }

  private void count(Role role, Completion completion, long nanos) {
    // a client that hung up says nothing about the version
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
    synchronized (unsaid) {
      unsaid.merge(role, one, ArmMetrics::plus);
    }
  }

  /** Reads whether a duel is on, and tells the store what was counted since the last call. */
  void refresh() {
    Rollout duel = current;
    if (duel != null) {
      tell(duel);
    }
    Optional<Rollout> now =
        store.active().filter(active -> active.status() == RolloutStatus.DUELLING);
    if (duel == null || now.isEmpty() || !now.get().id().equals(duel.id())) {
      synchronized (unsaid) {
        unsaid.clear();
      }
    }
    current = now.orElse(null);
  }

  private void tell(Rollout duel) {
    for (Role role : Role.values()) {
      ArmMetrics more;
      synchronized (unsaid) {
        more = unsaid.remove(role);
      }
      if (more != null) {
        store.addFigures(duel.id(), gateway, role.label, more);
      }
    }
  }

  /** What all gateways told of both sides. */
  static ArmMetrics figures(RolloutStore store, Rollout duel, Role role) {
    return store.figures(duel.id(), role.label);
  }
}
