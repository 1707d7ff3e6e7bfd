package dev.whetstone.preference;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Two answers to one prompt, as they are shown; side a is shown first.
 *
 * @param keyId the key of the request
 * @param user the user that the request named; the key's id where it named none
 * @param baseHash hash of the base that both versions adapt
 * @param sampling settings as a JSON object
 * @param metadata the client's, a JSON object
 * @param expiresAt from then on this user can no longer vote on the pair
 * @param learn whether the request lets votes on it be trained on and counted
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
    Instant expiresAt,
    boolean learn) {
  public Pair {
    if (!expiresAt.isAfter(createdAt)) {
      throw new IllegalArgumentException("a pair must expire after it was created");
    }
  }

  /** Creates a pair that may be learned from. */
  public Pair(
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
    this(
        pairId, keyId, user, prompt, a, b, baseHash, sampling, metadata, createdAt, expiresAt,
        true);
  }

  /**
   * The prompt that both sides continue.
   *
   * @param text as rendered by the chat template, or as given
   * @param ids its token ids
   * @param messages the conversation as a JSON array; null for plain text
   */
  public record Prompt(String text, int[] ids, @Nullable String messages) {}
}
