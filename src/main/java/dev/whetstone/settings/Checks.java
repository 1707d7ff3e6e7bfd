package dev.whetstone.settings;

/** Checks of settings. */
public final class Checks {
  private Checks() {}

  /**
   * NaN fails every comparison, so a condition is written to be true for good values only.
   *
   * @throws IllegalArgumentException with the message
   */
  public static void require(boolean good, String message) {
    if (!good) {
      throw new IllegalArgumentException(message);
    }
  }
}
