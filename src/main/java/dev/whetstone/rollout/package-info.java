/** Active policy, gate, duel and rollback. */
@NullMarked
package dev.whetstone.rollout;

import org.jspecify.annotations.NullMarked;
