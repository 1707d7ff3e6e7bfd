package dev.whetstone.rollout;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A decision about a candidate: by whom it was made, why, and on which numbers.
 *
 * @param decision label of the status that the rollout got
 * @param numbers what the decision is based on, a JSON object
 */
public record Decision(
    Instant at, String decision, String actor, @Nullable String reason, String numbers) {}
