package dev.whetstone.preference;

/**
 * A decided vote that can be trained on.
 *
 * @param seq the vote's position in the log
 * @param conversationHash hash that votes share when their conversations begin with the same user
 *     message
 * @param prompt token ids, at least one
 * @param chosen sampled ids of the preferred answer
 * @param rejected sampled ids of the other
 * @param newestPolicyNumber number of the newer of the two versions that wrote the sides; -1 where
 *     a side was not written by a version of this gateway
 */
public record TrainingVote(
    String preferenceId,
    long seq,
    String user,
    String conversationHash,
    int[] prompt,
    int[] chosen,
    int[] rejected,
    int newestPolicyNumber) {}
