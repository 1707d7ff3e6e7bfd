package dev.whetstone.gateway.http;

/** Reads the query parameters of paged lists. */
public final class Paging {
  private static final int MAX_LIMIT = 1_000;

  private Paging() {}

  /**
   * The number of rows of a page.
   *
   * @throws ProblemException 400 when it is not from 1 to 1000
   */
  public static int limit(String value) {
    long limit = number("limit", value);
    if (limit < 1 || limit > MAX_LIMIT) {
      throw ProblemException.invalidField("limit", "limit must be from 1 to " + MAX_LIMIT);
    }
    return (int) limit;
  }

  /**
   * A non-negative whole number.
   *
   * @throws ProblemException 400 for anything else
   */
  public static long number(String name, String value) {
    try {
      long number = Long.parseLong(value);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException unusable) {
      // reported below, as negative numbers are
    }
    throw ProblemException.invalidField(name, name + " must be a non-negative whole number");
  }
}
