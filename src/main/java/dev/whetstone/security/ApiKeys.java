package dev.whetstone.security;

import java.util.Optional;

/** The keys that open the routes. */
public interface ApiKeys {
  /**
   * Recognises a key, in time that does not depend on how much of it is right. Never blocks.
   *
   * @throws dev.whetstone.database.DatabaseUnavailableException when it is not known yet which are
   *     valid
   */
  Optional<ApiKey> authenticate(String secret);

  /** Whether it is known which keys are valid. */
  boolean known();

  /** Learns now of keys that were created or revoked. */
  void refresh();
}
