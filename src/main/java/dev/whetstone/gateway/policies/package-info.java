/**
 * Versions, promotion, rollback and rollouts: {@code /policies}, {@code /rollback}, {@code
 * /rollouts}.
 */
@NullMarked
package dev.whetstone.gateway.policies;

import org.jspecify.annotations.NullMarked;
