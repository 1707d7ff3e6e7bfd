/**
 * How a candidate becomes champion, or does not: the gate measures it, a duel or an operator
 * decides. Read {@link RolloutController} first: it holds the state machine.
 *
 * <p>Every gateway runs {@link Rollouts}, whose loop has a virtual thread; the gateway that holds
 * the advisory lock decides for all. {@link DuelTracker} is called by request threads too. Owns the
 * tables rollouts, gate_rows, rollout_decisions and rollout_figures, and the channel
 * whetstone_rollouts.
 */
@NullMarked
package dev.whetstone.rollout;

import org.jspecify.annotations.NullMarked;
