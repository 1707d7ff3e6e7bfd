/**
 * Votes and users' data: {@code /preferences}, {@code /users}. Begin with {@link VotesResource}.
 * The tables ({@code pairs}, {@code preferences}, {@code leases}) belong to {@code preference};
 * imports and exports are streamed, never held whole.
 */
@NullMarked
package dev.whetstone.gateway.preferences;

import org.jspecify.annotations.NullMarked;
