package dev.whetstone.security;

import java.security.SecureRandom;

/** Generates ids that cannot be guessed. */
public final class RandomIds {
  private static final String ALPHABET =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final SecureRandom RANDOM = new SecureRandom();

  private RandomIds() {}

  /** Returns the prefix, an underscore and 131 random bits in base 62. */
  public static String generate(String prefix) {
    return prefix + "_" + random(22);
  }

  /** Returns random base-62 characters, 5.95 bits each. */
  public static String random(int length) {
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
    }
    return text.toString();
  }
}
