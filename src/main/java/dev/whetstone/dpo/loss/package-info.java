/**
 * The preference losses as pure functions of log-probs, with their derivatives.
 *
 * <p>Begin with {@link PreferenceLoss} (a batch), then {@link PairLosses} (the formulas, with the
 * equation of each paper). Plain Java in double precision: no tensors, no state, no files, safe on
 * any thread.
 */
@NullMarked
package dev.whetstone.dpo.loss;

import org.jspecify.annotations.NullMarked;
