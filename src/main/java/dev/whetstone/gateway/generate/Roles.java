package dev.whetstone.gateway.generate;

import dev.whetstone.gateway.http.ProblemException;
import java.util.List;

/** The roles that a message may have. */
public final class Roles {
  private static final List<String> ROLES =
      List.of("system", "user", "assistant", "tool", "function");

  private Roles() {}

  /**
   * The role as templates know it: developer, OpenAI's newer name, is system.
   *
   * @throws ProblemException 400 naming the field, for any other name
   */
  public static String canonical(String role, String field) {
    String known = role.equals("developer") ? "system" : role;
    if (!ROLES.contains(known)) {
      throw ProblemException.invalidField(
          field, "%s is not a role; the roles are developer and %s".formatted(role, ROLES));
    }
    return known;
  }
}
