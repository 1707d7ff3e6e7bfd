package dev.whetstone.security;

/**
 * A key as it is stored: enough to authenticate it, not enough to use it.
 *
 * @param hash SHA-256 of the key's text, 32 bytes
 */
public record StoredKey(ApiKey key, byte[] hash) {
  static StoredKey of(Role role, KeyUsers users, String secret) {
    byte[] hash = KeyFormat.hash(secret);
    return new StoredKey(new ApiKey(KeyFormat.id(role, hash), role, users), hash);
  }
}
