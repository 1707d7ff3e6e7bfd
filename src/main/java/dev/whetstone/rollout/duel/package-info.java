/**
 * The guard-rails of the duel, the A/B test of champion and candidate that users' votes decide.
 * Pure functions of counts, no threads and no database; read {@link GuardrailThresholds} first. The
 * votes are {@code dev.whetstone.rollout.evidence}'s.
 */
@NullMarked
package dev.whetstone.rollout.duel;

import org.jspecify.annotations.NullMarked;
