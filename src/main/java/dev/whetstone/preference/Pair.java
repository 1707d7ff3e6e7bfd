package dev.whetstone.preference;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Two answers to one prompt, as offered; side a is the one shown first.
 *
 * @param keyId the key that asked
 * @param user whom the key asked for; the key's id where it named nobody
 * @param baseHash of the base that both versions stand on
 * @param sampling settings as a JSON object
 * @param metadata the client's own, a JSON object
 */
public record Pair(
    String pairId,
    String keyId,
    String user,
    Prompt prompt,
    Side a,
    Side b,
    String baseHash,
    String sampling,
    @Nullable String metadata,
    Instant createdAt,
    Instant expiresAt) {
  public Pair {
    if (!expiresAt.isAfter(createdAt)) {
      throw new IllegalArgumentException("a pair must expire after it was offered");
    }
  }

  /**
   * What both sides continue.
   *
   * @param text as rendered by the chat template, or as given
   * @param ids its token ids
   * @param messages the conversation as a JSON array; null for plain text
   */
  public record Prompt(String text, int[] ids, @Nullable String messages) {}
}
