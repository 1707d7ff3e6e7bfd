package dev.whetstone.security;

/**
 * An authenticated API key, without its secret.
 *
 * @param id identifies the key in logs and as owner of pairs and votes, as in {@code chat_3fa9c2d1}
 * @param users whom it acts for
 */
public record ApiKey(String id, Role role, KeyUsers users) {}
