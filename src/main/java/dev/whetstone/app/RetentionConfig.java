package dev.whetstone.app;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/**
 * Settings of how long what nobody needs any more is kept, {@code whetstone.retention.*}; a time of
 * 0 is for ever.
 */
@ConfigMapping(prefix = "whetstone.retention")
public interface RetentionConfig {
  /** How long a pair that nobody voted on is kept after it can no longer be voted on. */
  @WithDefault("1D")
  Duration expiredPairs();

  /** How long the log-probs of a run's held-out pairs, which the gate compares, are kept. */
  @WithDefault("30D")
  Duration runScores();

  /** How long browsers' sessions are kept after they ended, and sign-ins in the audit log. */
  @WithDefault("30D")
  Duration sessions();

  /** How long entries of the audit log are kept, at least 30 days. */
  @WithDefault("730D")
  Duration audit();

  /** Sign-ins in the audit log, at most and at least 10000; the oldest go first. */
  @WithDefault("100000")
  int maxSignIns();

  /** Size from which the embedded PostgreSQL's log begins anew; the one before is kept. */
  @WithDefault("10M")
  MemorySize serverLog();
}
