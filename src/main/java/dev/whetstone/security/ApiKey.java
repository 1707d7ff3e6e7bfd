package dev.whetstone.security;

/**
 * A key that was recognised; the secret itself is not kept.
 *
 * @param id names the key in logs and in what it owns, as in {@code chat_3fa9c2d1}
 */
public record ApiKey(String id, Role role) {}
