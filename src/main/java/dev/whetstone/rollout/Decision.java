package dev.whetstone.rollout;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A decision about a candidate: by whom it was made, why, and on which numbers.
 *
 * @param decision the status that the rollout got
 * @param numbers what the decision is based on, a JSON object
 */
public record Decision(
    Instant at, RolloutStatus decision, String actor, @Nullable String reason, String numbers) {}
