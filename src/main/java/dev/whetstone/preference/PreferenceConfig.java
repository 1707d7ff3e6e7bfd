package dev.whetstone.preference;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the preference log, {@code whetstone.preference.*}. */
@ConfigMapping(prefix = "whetstone.preference")
public interface PreferenceConfig {
  /** Lines an import commits at once. */
  @WithDefault("500")
  int importBatch();

  /** Longest line of an import. */
  @WithDefault("256K")
  MemorySize importLine();

  /** Bad lines an import reports one by one; the others are counted. */
  @WithDefault("100")
  int importErrors();

  /** Exports that may run at once. */
  @WithDefault("4")
  int exports();

  /** How long a pair is a rater's when the request does not say. */
  @WithDefault("10M")
  Duration lease();
}
