package dev.whetstone.security;

/**
 * What is kept of a key: enough to recognise it, not enough to use it.
 *
 * @param hash sha256 of the key, 32 bytes
 */
public record StoredKey(ApiKey key, byte[] hash) {
  static StoredKey of(Role role, String secret) {
    byte[] hash = KeyFormat.hash(secret);
    return new StoredKey(new ApiKey(KeyFormat.id(role, hash), role), hash);
  }
}
