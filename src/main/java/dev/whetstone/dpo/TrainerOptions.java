package dev.whetstone.dpo;

import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.reference.ReferenceCache;
import java.time.Duration;
import java.time.InstantSource;

/**
 * How a trainer computes and saves. What a run learns is decided by its {@code TrainConfig} alone.
 *
 * @param network threads, arithmetic and memory
 * @param checkpointInterval minimum time between two checkpoints
 * @param cache of reference log-probs, in addition to the file of the run
 * @param clock times steps and checkpoints
 * @param codeVersion written to the manifest
 */
public record TrainerOptions(
    NetworkSettings network,
    Duration checkpointInterval,
    ReferenceCache cache,
    InstantSource clock,
    String codeVersion) {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** The same options with another cache. */
  public TrainerOptions with(ReferenceCache other) {
    return new TrainerOptions(network, checkpointInterval, other, clock, codeVersion);
  }

  TrainerOptions with(NetworkSettings other) {
    return new TrainerOptions(other, checkpointInterval, cache, clock, codeVersion);
  }

  /** The same options with another minimum time between two checkpoints. */
  public TrainerOptions with(Duration other) {
    return new TrainerOptions(network, other, cache, clock, codeVersion);
  }

  /** float32, no further cache, and at most one checkpoint a minute. */
  public static TrainerOptions exact(int threads, InstantSource clock, String codeVersion) {
    return new TrainerOptions(
        NetworkSettings.exact(threads), MINUTE, ReferenceCache.NONE, clock, codeVersion);
  }
}
