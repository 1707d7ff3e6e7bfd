/**
 * API keys and roles. Begin with {@link ApiKeyCache}, which authenticates requests from memory; its
 * thread {@code whetstone-keys} refreshes it. Owns table {@code keys} and the file {@code
 * keys.json}, one JSON object of a role's name to its key, mode 0600.
 */
@NullMarked
package dev.whetstone.security;

import org.jspecify.annotations.NullMarked;
