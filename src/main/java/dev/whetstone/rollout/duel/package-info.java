/**
 * The duel: the A/B test of champion and candidate that users' votes decide. Pure functions of
 * counts, no threads and no database: the e-value of the votes ({@link DuelEvidence}, read it
 * first) and the guard-rails that end a duel early ({@link GuardrailThresholds}).
 */
@NullMarked
package dev.whetstone.rollout.duel;

import org.jspecify.annotations.NullMarked;
