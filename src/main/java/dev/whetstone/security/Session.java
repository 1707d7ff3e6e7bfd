package dev.whetstone.security;

import dev.whetstone.settings.Labelled;
import java.time.Instant;

/**
 * A browser that is signed in with the rights of a key.
 *
 * @param client the browser's own name for itself, cut to 200 characters
 */
public record Session(
    String id,
    ApiKey key,
    Origin origin,
    String client,
    Instant createdAt,
    Instant lastUsedAt,
    Instant expiresAt) {

  /** How a browser signed in. */
  public enum Origin implements Labelled {
    /** By a one-time link. */
    LINK,
    /** By a key. */
    KEY,
    /** By an OpenID Connect provider. */
    OIDC
  }

  /** A session and its secret, which only the browser keeps. */
  public record Opened(Session session, String secret) {}
}
