/**
 * API keys, roles and the sessions of browsers. Begin with {@link ApiKeyCache}, which authenticates
 * requests from memory; {@link SessionCache} does so for browsers. The threads {@code
 * whetstone-keys} and {@code whetstone-sessions} refresh them. Owns tables {@code keys}, {@code
 * sessions} and {@code welcome_links}, and the file {@code keys.json}, one JSON object of a role's
 * name to its key, mode 0600.
 */
@NullMarked
package dev.whetstone.security;

import org.jspecify.annotations.NullMarked;
