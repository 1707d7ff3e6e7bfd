package dev.whetstone.preference;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the preference log, {@code whetstone.preference.*}. */
@ConfigMapping(prefix = "whetstone.preference")
public interface PreferenceConfig {
  /** Lines that an import commits in one transaction. */
  @WithDefault("500")
  int importBatch();

  /** Longest line of an import, in bytes. */
  @WithDefault("256K")
  MemorySize importLine();

  /** Invalid lines that an import reports one by one; further ones are only counted. */
  @WithDefault("100")
  int importErrors();

  /** Exports and downloads of versions that may run at the same time; one more is a 503. */
  @WithDefault("4")
  int exports();

  /**
   * How long a vote may be changed or taken back. It counts when that is over; simulated users set
   * it to 0.
   */
  @WithDefault("10S")
  Duration undoWindow();

  /** How long a pair is leased to a rater when the request does not say. */
  @WithDefault("10M")
  Duration lease();
}
