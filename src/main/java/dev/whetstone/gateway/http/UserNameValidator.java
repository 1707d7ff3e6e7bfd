package dev.whetstone.gateway.http;

import org.jspecify.annotations.Nullable;

/** Checks the names of the users that a key acts for; a client chooses them freely. */
public final class UserNameValidator {
  public static final int MAX_LENGTH = 200;

  private UserNameValidator() {}

  /**
   * Checks a request's user name, which may be absent.
   *
   * @throws ProblemException 400 when it is blank or too long
   */
  static void check(@Nullable String user) {
    if (user != null && (user.isBlank() || user.length() > MAX_LENGTH)) {
      throw ProblemException.invalidField(
          "user", "user must have 1 to " + MAX_LENGTH + " characters");
    }
  }
}
