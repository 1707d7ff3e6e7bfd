package dev.whetstone.gateway.security;

import java.util.Optional;

/** The keys that open the routes. */
public interface ApiKeys {
  /** Recognises a key, in time that does not depend on how much of it is right. Never blocks. */
  Optional<ApiKey> authenticate(String secret);

  /** Learns now of keys that were created or revoked. */
  void refresh();
}
