package dev.whetstone.gateway.http;

import org.jspecify.annotations.Nullable;

/** The users that a key acts for: names of the client's own choosing. */
public final class UserNameValidator {
  public static final int LONGEST = 200;

  private UserNameValidator() {}

  /**
   * Takes a name of a request, which may leave it out.
   *
   * @throws ProblemException 400 when it is blank or too long
   */
  static void check(@Nullable String user) {
    if (user != null && (user.isBlank() || user.length() > LONGEST)) {
      throw ProblemException.badField(
          "user", "invalid_field", "user must have 1 to " + LONGEST + " characters");
    }
  }
}
