/**
 * What this gateway serves: versions are loaded, verified, staged in the engine, routed, and
 * reported to the cluster. Read {@link PolicyRouter} first.
 *
 * <p>Requests read one immutable {@link ServingSnapshot}; one thread at a time reconciles it with
 * the aliases, woken by notifications and by polling; a single writer reports it. Owns the table
 * gateways. Candidates and duels are {@code dev.whetstone.rollout}'s business.
 */
@NullMarked
package dev.whetstone.serving;

import org.jspecify.annotations.NullMarked;
