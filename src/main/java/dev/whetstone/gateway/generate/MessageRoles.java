package dev.whetstone.gateway.generate;

import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.text.Roles;

/** The roles of a request's messages. */
public final class MessageRoles {
  private MessageRoles() {}

  /**
   * The role as templates know it.
   *
   * @throws ProblemException 400 naming the field, for a name that is no role
   */
  public static String canonical(String role, String field) {
    return Roles.canonical(role)
        .orElseThrow(
            () ->
                ProblemException.invalidField(
                    field,
                    "%s is not a role; the roles are developer and %s"
                        .formatted(role, Roles.NAMES)));
  }
}
