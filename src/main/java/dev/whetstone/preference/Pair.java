package dev.whetstone.preference;

import java.time.Instant;

/**
 * Two answers to one prompt, as offered.
 *
 * @param keyId the key that asked
 * @param prompt as rendered by the chat template
 * @param sampling settings as a JSON object
 */
public record Pair(
    String pairId,
    String keyId,
    String user,
    String prompt,
    int[] promptIds,
    Side a,
    Side b,
    String sampling,
    Instant createdAt,
    Instant expiresAt) {
  public Pair {
    if (!expiresAt.isAfter(createdAt)) {
      throw new IllegalArgumentException("a pair must expire after it was offered");
    }
  }
}
