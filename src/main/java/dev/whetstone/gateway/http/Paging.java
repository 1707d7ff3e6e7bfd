package dev.whetstone.gateway.http;

import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Reads the query parameters and the pages of paged lists. */
public final class Paging {
  private static final int MAX_LIMIT = 1_000;

  private Paging() {}

  /**
   * A page.
   *
   * @param next cursor of the page after; null where this one is the last
   */
  public record Slice<T>(List<T> rows, @Nullable String next) {}

  /**
   * Reads a page, and one row more to see whether there is another page.
   *
   * @param rows reads at most so many rows
   * @param cursor of the page that begins after a row
   */
  public static <T> Slice<T> read(int size, IntFunction<List<T>> rows, Function<T, String> cursor) {
    List<T> read = rows.apply(size + 1);
    if (read.size() <= size) {
      return new Slice<>(read, null);
    }
    List<T> page = read.subList(0, size);
    return new Slice<>(page, cursor.apply(page.getLast()));
  }

  /** The cursor of a list by name; the first page begins before every name. */
  public static String after(@Nullable String cursor) {
    return cursor == null ? "" : Parameters.required("cursor", cursor);
  }

  /** The cursor of a list by number, newest first. */
  public static long before(@Nullable String cursor) {
    return cursor == null ? Long.MAX_VALUE : number("cursor", cursor);
  }

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
