package dev.whetstone.serving;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the versions that a gateway serves, {@code whetstone.serving.*}. */
@ConfigMapping(prefix = "whetstone.serving")
public interface ServingConfig {
  /** How often a gateway compares what it serves with the aliases, notified or not. */
  @WithDefault("PT2S")
  Duration poll();

  /** Champions, the present one included, that stay in memory for a rollback. */
  @WithDefault("3")
  int retainedChampions();

  /** Further versions that stay in memory because requests named them. */
  @WithDefault("2")
  int retainedNamedVersions();

  /** Adapters kept on disk below WHETSTONE_HOME. */
  @WithDefault("16")
  int cachedAdapters();

  /**
   * Largest adapter_model.safetensors an import takes; several times that is needed of the heap.
   */
  @WithDefault("64M")
  MemorySize maxAdapterSize();

  /** Longest time in which a version must have been staged and tried. */
  @WithDefault("PT30S")
  Duration stagingTimeout();
}
