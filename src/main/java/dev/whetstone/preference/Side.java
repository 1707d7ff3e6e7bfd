package dev.whetstone.preference;

/**
 * One answer of a pair.
 *
 * @param ids sampled token ids {@code [length]}
 * @param logps their log-probs under the policy that wrote them {@code [length]}; empty where it is
 *     not known, as in an imported answer
 * @param policy name of that version
 * @param hash of that version
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
