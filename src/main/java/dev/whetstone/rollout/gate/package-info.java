/**
 * The gate: offline criteria that a candidate must pass before users see it. The criteria are
 * listed at {@link GateCriteria}; {@link Gate} measures what they judge, through the engine that
 * also serves users. Runs on the rollout loop's thread and reads pairs, preferences and run_scores;
 * {@code dev.whetstone.rollout} stores the results.
 */
@NullMarked
package dev.whetstone.rollout.gate;

import org.jspecify.annotations.NullMarked;
