package dev.whetstone.preference;

import java.time.Duration;
import java.time.Instant;

/** Pairs for tests. */
public final class TestPairs {
  private TestPairs() {}

  /** A pair of v0 and v1, created an hour before it expires. */
  public static Pair of(String id, String keyId, String user, Instant expires) {
    return new Pair(
        id,
        keyId,
        user,
        new Pair.Prompt("How?", new int[] {7}, null),
        new Side("so", new int[] {1, 2}, new float[] {-1, -2}, "stop", "v0", "hash0"),
        new Side("thus", new int[] {3}, new float[] {-3}, "stop", "v1", "hash1"),
        "hash0",
        "{}",
        null,
        expires.minus(Duration.ofHours(1)),
        expires);
  }
}
