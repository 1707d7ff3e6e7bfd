package dev.whetstone.security;

import dev.whetstone.io.Sha256;
import java.util.HexFormat;

/**
 * Someone whom an OpenID Connect provider signs in. A subject is unique at its issuer alone (OpenID
 * Connect Core, section 2), so only both together name a voter.
 *
 * @param name for operators to recognise; cut to 200 characters
 */
public record Person(String issuer, String subject, String name) {
  private static final int MAX_NAME = 200;
  private static final int ID_BYTES = 8;

  public Person {
    name = name.substring(0, Math.min(name.length(), MAX_NAME)).replace('\0', ' ');
  }

  /** The id that they vote under, as in {@code person_3fa9c2d10b5e77a4}. */
  String id() {
    return id(issuer, subject);
  }

  static String id(String issuer, String subject) {
    byte[] hash = Sha256.bytes(issuer + '\n' + subject);
    return "person_" + HexFormat.of().formatHex(hash, 0, ID_BYTES);
  }
}
