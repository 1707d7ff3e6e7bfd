/**
 * Versions, promotion, rollback and rollouts: {@code /policies}, {@code /rollback}, {@code
 * /rollouts}. Begin with {@link ChampionService}, which changes the champion in one transaction.
 * Tables belong to {@code policy}, {@code serving} and {@code rollout}.
 */
@NullMarked
package dev.whetstone.gateway.policies;

import org.jspecify.annotations.NullMarked;
