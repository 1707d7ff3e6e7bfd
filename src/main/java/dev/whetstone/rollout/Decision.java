package dev.whetstone.rollout;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What was decided of a candidate, by whom and on which numbers.
 *
 * @param decision the status it brought
 * @param numbers a JSON object
 */
public record Decision(
    Instant at, String decision, String actor, @Nullable String reason, String numbers) {}
