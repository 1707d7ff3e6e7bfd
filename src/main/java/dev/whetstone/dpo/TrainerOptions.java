package dev.whetstone.dpo;

import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.reference.ReferenceCache;
import java.time.Duration;
import java.time.InstantSource;

/**
 * How a trainer works; nothing here says what a run learns.
 *
 * @param network threads, arithmetic and memory
 * @param checkpointEvery least time between two checkpoints
 * @param cache of reference log-probs beside the run's own
 * @param clock times steps and checkpoints
 * @param codeVersion for the manifest
 */
public record TrainerOptions(
    NetworkSettings network,
    Duration checkpointEvery,
    ReferenceCache cache,
    InstantSource clock,
    String codeVersion) {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  public TrainerOptions with(ReferenceCache other) {
    return new TrainerOptions(network, checkpointEvery, other, clock, codeVersion);
  }

  TrainerOptions with(NetworkSettings other) {
    return new TrainerOptions(other, checkpointEvery, cache, clock, codeVersion);
  }

  /** With another least time between two checkpoints. */
  public TrainerOptions with(Duration otherCheckpointEvery) {
    return new TrainerOptions(network, otherCheckpointEvery, cache, clock, codeVersion);
  }

  /** float32 and a checkpoint a minute. */
  public static TrainerOptions exact(int threads, InstantSource clock, String codeVersion) {
    return new TrainerOptions(
        NetworkSettings.exact(threads), MINUTE, ReferenceCache.NONE, clock, codeVersion);
  }
}
