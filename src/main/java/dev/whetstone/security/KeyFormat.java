package dev.whetstone.security;

import dev.whetstone.io.Sha256;
import dev.whetstone.settings.EnumNames;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The format of keys: {@code wsk_<role>_<40 characters of base 62>}, 238 random bits. A key is
 * stored as the SHA-256 of its whole text; with that many random bits it needs no salt and no slow
 * hash.
 */
public final class KeyFormat {
  private static final Pattern SHAPE = Pattern.compile("wsk_[a-z]{1,16}_[0-9A-Za-z]{32,64}");
  private static final int LENGTH = 40;

  private KeyFormat() {}

  /** Generates a random key. */
  public static String generate(Role role) {
    return "wsk_" + role.label() + "_" + RandomIds.random(LENGTH);
  }

  /** The role that a key's text claims; empty if it does not have the format of a key. */
  public static Optional<Role> claimedRole(String secret) {
    if (!SHAPE.matcher(secret).matches()) {
      return Optional.empty();
    }
    String label = secret.substring(4, secret.lastIndexOf('_'));
    return EnumNames.find(label, Role.values());
  }

  /** SHA-256 of a key's UTF-8 text, 32 bytes. */
  public static byte[] hash(String secret) {
    return Sha256.bytes(secret);
  }

  /** A key's id: its role and the first 32 bits of its hash. */
  public static String id(Role role, byte[] hash) {
    return role.label() + "_" + HexFormat.of().formatHex(hash, 0, 4);
  }
}
