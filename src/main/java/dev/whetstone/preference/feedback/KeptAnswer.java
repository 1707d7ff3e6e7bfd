package dev.whetstone.preference.feedback;

import dev.whetstone.preference.Pair;
import dev.whetstone.preference.Side;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A single answer, as it was given to a user.
 *
 * @param completionId id that the answer has in its response
 * @param keyId the key of the request
 * @param user the user that the request named; the key's id where it named none
 * @param answer what the policy wrote
 * @param baseHash hash of the base that the version adapts
 * @param sampling settings as a JSON object
 * @param duel for which the version was drawn; null where it was not
 */
public record KeptAnswer(
    String completionId,
    String keyId,
    String user,
    Pair.Prompt prompt,
    Side answer,
    String baseHash,
    String sampling,
    Instant createdAt,
    @Nullable Duel duel) {
  /**
   * A duel between two versions.
   *
   * @param share chance of its candidate, in (0, 1)
   */
  public record Duel(String rolloutId, double share) {}
}
