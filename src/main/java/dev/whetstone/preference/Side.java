package dev.whetstone.preference;

/**
 * One answer of a pair.
 *
 * @param ids sampled token ids {@code [length]}
 * @param logps their log-probs in nats under the policy that wrote them {@code [length]}; empty
 *     where they are unknown, as for an imported answer
 * @param policy name of that policy version
 * @param hash hash of that policy version
 */
public record Side(
    String text, int[] ids, float[] logps, String finishReason, String policy, String hash) {
  public Side {
    if (logps.length != 0 && ids.length != logps.length) {
      throw new IllegalArgumentException(
          ids.length + " token ids have " + logps.length + " log-probs");
    }
  }
}
