/** The gate: what a candidate must pass, measured before users see it. */
@NullMarked
package dev.whetstone.rollout.gate;

import org.jspecify.annotations.NullMarked;
