/**
 * API keys and roles. {@code keys.json} is one JSON object: a role's name to its key, mode 0600.
 */
@NullMarked
package dev.whetstone.security;

import org.jspecify.annotations.NullMarked;
