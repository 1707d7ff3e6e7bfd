package dev.whetstone.rollout;

import dev.whetstone.rollout.duel.DuelConfig;
import dev.whetstone.rollout.gate.GateConfig;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of what is served and how that changes, {@code whetstone.rollout.*}. */
@ConfigMapping(prefix = "whetstone.rollout")
public interface RolloutConfig {
  /** How often a gateway compares what it serves with the aliases, notified or not. */
  @WithDefault("PT2S")
  Duration poll();

  /** Champions, the present one included, that stay in memory for a rollback. */
  @WithDefault("3")
  int keptChampions();

  /** Further versions that stay in memory because requests named them. */
  @WithDefault("2")
  int namedVersions();

  /** Adapters kept on disk below WHETSTONE_HOME. */
  @WithDefault("16")
  int cachedAdapters();

  /**
   * Largest adapter_model.safetensors an import takes; several times that is needed of the heap.
   */
  @WithDefault("64M")
  MemorySize largestAdapter();

  /** Longest time in which a version must have been staged and tried. */
  @WithDefault("PT30S")
  Duration stagingTimeout();

  /** What a candidate of a training run must pass before it is champion. */
  @WithDefault("duel")
  RolloutMode mode();

  /** The offline gate. */
  GateConfig gate();

  /** The live duel. */
  DuelConfig duel();
}
