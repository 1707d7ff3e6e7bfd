/**
 * What happens, as it happens: {@code GET /events} tells operators of decisions, runs and votes.
 * Begin with {@link EventsResource}; {@link EventFeed} reads the events from tables that belong to
 * {@code rollout}, {@code training} and {@code preference}. Each client has a virtual thread; all
 * share one look at the database a second.
 */
@NullMarked
package dev.whetstone.gateway.events;

import org.jspecify.annotations.NullMarked;
