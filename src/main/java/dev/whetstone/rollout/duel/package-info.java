/**
 * The duel: the A/B test of champion and candidate that users' votes decide, and its guard-rails.
 */
@NullMarked
package dev.whetstone.rollout.duel;

import org.jspecify.annotations.NullMarked;
