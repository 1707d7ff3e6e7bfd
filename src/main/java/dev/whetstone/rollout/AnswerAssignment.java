package dev.whetstone.rollout;

import dev.whetstone.io.Sha256;
import dev.whetstone.policy.Policy;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The policy of a single answer, and the duel for which it was drawn.
 *
 * @param duel null where there was nothing to draw
 */
public record AnswerAssignment(Policy policy, @Nullable Draw duel) {
  /**
   * A draw between the two versions of a duel.
   *
   * @param rolloutId of the duel
   * @param share chance of the candidate, in (0, 1)
   */
  public record Draw(String rolloutId, double share) {}

  /**
   * A conversation: all its answers come from one arm of a duel.
   *
   * @param key and user make the voter
   * @param firstMessage of the user
   */
  public record Conversation(String key, String user, String firstMessage) {
    /**
     * Whether the candidate has this conversation. Drawn by a hash, so that every gateway draws the
     * same for every answer of it; the duel's id, which only operators see, makes it unknown and
     * the next duel's draw another one.
     */
    boolean isOfCandidate(Draw duel) {
      byte[] hash = Sha256.bytes(String.join("\n", duel.rolloutId(), key, user, firstMessage));
      return (ByteBuffer.wrap(hash).getLong() >>> 11) * 0x1.0p-53 < duel.share();
    }
  }
}
