package dev.whetstone.security;

import java.time.Instant;

/**
 * A browser that is signed in with the rights of a key.
 *
 * @param origin how it signed in: {@code link} or {@code key}
 * @param client the browser's own name for itself, cut to 200 characters
 */
public record Session(
    String id,
    ApiKey key,
    String origin,
    String client,
    Instant createdAt,
    Instant lastUsedAt,
    Instant expiresAt) {

  /** A session and its secret, which only the browser keeps. */
  public record Opened(Session session, String secret) {}
}
