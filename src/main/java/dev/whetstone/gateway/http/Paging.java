package dev.whetstone.gateway.http;

/** Query parameters of lists that are read page by page. */
public final class Paging {
  private static final int MOST = 1_000;

  private Paging() {}

  /**
   * Rows of a page.
   *
   * @throws ProblemException 400 when it is not from 1 to 1000
   */
  public static int limit(String value) {
    long limit = number("limit", value);
    if (limit < 1 || limit > MOST) {
      throw ProblemException.badField("limit", "invalid_field", "limit is from 1 to " + MOST);
    }
    return (int) limit;
  }

  /**
   * A whole number that is not negative.
   *
   * @throws ProblemException 400 when it is none
   */
  public static long number(String name, String value) {
    try {
      long number = Long.parseLong(value);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException unusable) {
      // reported below, with the negative ones
    }
    throw ProblemException.badField(name, "invalid_field", name + " is not a number of its kind");
  }
}
