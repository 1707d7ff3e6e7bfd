package dev.whetstone.security;

import java.util.Optional;

/** Authenticates API keys. */
public interface ApiKeys {
  /**
   * Authenticates a key; empty if it is invalid or revoked. Never blocks. The time does not depend
   * on how much of the key is right.
   *
   * @throws dev.whetstone.database.DatabaseUnavailableException before the valid keys are first
   *     read
   */
  Optional<ApiKey> authenticate(String secret);

  /** Whether the valid keys are known. */
  boolean isLoaded();

  /** Reads the keys now, because one was created or revoked. */
  void refresh();
}
