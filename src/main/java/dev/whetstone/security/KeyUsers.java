package dev.whetstone.security;

import dev.whetstone.settings.EnumNames;
import dev.whetstone.settings.Labelled;

/** Whom a key acts for. A voter is a key and a user of it. */
public enum KeyUsers implements Labelled {
  /** One person: the key itself is the only user. */
  PERSONAL,
  /** An application with users of its own, whose names are believed: the application vouches. */
  APPLICATION;

  /** Name of the identity's attribute that holds a key's value. */
  public static final String ATTRIBUTE = "whetstone.users";

  /**
   * The value with a name, as in {@code personal}.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static KeyUsers of(String label) {
    return EnumNames.find(label, values())
        .orElseThrow(() -> new IllegalArgumentException("there are no users " + label));
  }
}
