package dev.whetstone.preference;

/**
 * A decided vote that can be trained on.
 *
 * @param seq grows from vote to vote
 * @param conversation what pairs with the same first question share
 * @param prompt token ids, at least one
 * @param chosen sampled ids of the preferred answer
 * @param rejected sampled ids of the other
 * @param newestWriter number of the newer version of the two that wrote the sides; -1 where a side
 *     was written elsewhere
 */
public record TrainingVote(
    String preferenceId,
    long seq,
    String user,
    String conversation,
    int[] prompt,
    int[] chosen,
    int[] rejected,
    int newestWriter) {}
