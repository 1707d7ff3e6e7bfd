package dev.whetstone.rollout.changes;

import dev.whetstone.engine.FinishReason;

/**
 * An answer that the gate had a version write.
 *
 * @param place number of the answer among the version's own, the same for the same prompt
 * @param pairId the newest pair of its prompt
 * @param tokens its length, the end token included
 * @param finish why it ended
 */
public record GateAnswer(
    String version, int place, String pairId, String text, int tokens, FinishReason finish) {}
