package dev.whetstone.text;

import java.util.List;
import java.util.Optional;

/** The roles that a message may have. */
public final class Roles {
  /** Their names, as chat templates know them. */
  public static final List<String> NAMES = List.of("system", "user", "assistant", "tool");

  private Roles() {}

  /** The role as templates know it: developer, OpenAI's newer name, is system. */
  public static Optional<String> canonical(String role) {
    String known = role.equals("developer") ? "system" : role;
    return NAMES.contains(known) ? Optional.of(known) : Optional.empty();
  }
}
