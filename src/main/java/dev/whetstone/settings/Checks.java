package dev.whetstone.settings;

/** Checks of settings and arguments. */
public final class Checks {
  private Checks() {}

  /**
   * Requires a condition. Callers state what a good value satisfies rather than what a bad one
   * does, because NaN fails every comparison and so is refused as well.
   *
   * @throws IllegalArgumentException with the message, when the condition is false
   */
  public static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
