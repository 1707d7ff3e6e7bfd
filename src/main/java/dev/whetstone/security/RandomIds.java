package dev.whetstone.security;

import java.security.SecureRandom;

/** Draws names that cannot be guessed. */
public final class RandomIds {
  private static final String ALPHABET =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final SecureRandom RANDOM = new SecureRandom();

  private RandomIds() {}

  /** A prefix and 131 random bits in base 62. */
  public static String draw(String prefix) {
    return prefix + "_" + random(22);
  }

  /** Random characters of base 62, 5.95 bits each. */
  public static String random(int length) {
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
    }
    return text.toString();
  }
}
