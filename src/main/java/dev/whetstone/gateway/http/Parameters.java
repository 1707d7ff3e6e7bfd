package dev.whetstone.gateway.http;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads parameters of the query and the path; one that cannot be used is refused by its name. */
public final class Parameters {
  private static final int LONGEST = 200;
  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  private Parameters() {}

  /** A name of something, at most 200 characters, which may be left out. */
  static @Nullable public String text(String name, @Nullable String value) {
    return value == null ? null : required(name, value);
  }

  /** A name of something, at most 200 characters. */
  public static String required(String name, String value) {
    if (value.isBlank() || value.length() > LONGEST || value.indexOf('\0') >= 0) {
      throw bad(
          name, "must have 1 to " + LONGEST + " characters, not all blank and none of them U+0000");
    }
    return value;
  }

  /** A whole number in a range. */
  public static int number(String name, @Nullable String value, int fallback, int least, int most) {
    if (value == null) {
      return fallback;
    }
    try {
      int number = Integer.parseInt(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException unusable) {
      // refused below, with the numbers that are out of range
    }
    throw bad(name, "must be a whole number from " + least + " to " + most);
  }

  /** true or false. */
  static @Nullable public Boolean flag(String name, @Nullable String value) {
    return switch (value) {
      case null -> null;
      case "true" -> true;
      case "false" -> false;
      default -> throw bad(name, "must be true or false");
    };
  }

  /** A time with its offset (RFC 3339), as in {@code 2026-01-31T08:00:00Z}. */
  static @Nullable public Instant time(String name, @Nullable String value) {
    try {
      Instant at = value == null ? null : OffsetDateTime.parse(value).toInstant();
      if (at == null || (at.isAfter(EARLIEST) && at.isBefore(LATEST))) {
        return at;
      }
    } catch (DateTimeException unusable) {
      // refused below
    }
    throw bad(name, "must be a time with its offset, as in 2026-01-31T08:00:00Z");
  }

  /** A constant by its name in lower case. */
  public static <E extends Enum<E>> E constant(String name, @Nullable String value, E fallback) {
    if (value == null) {
      return fallback;
    }
    E[] all = fallback.getDeclaringClass().getEnumConstants();
    return Arrays.stream(all)
        .filter(constant -> label(constant).equals(value))
        .findFirst()
        .orElseThrow(
            () ->
                bad(
                    name,
                    "must be one of "
                        + String.join(", ", Arrays.stream(all).map(Parameters::label).toList())));
  }

  private static String label(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** Refuses a parameter. */
  public static ProblemException bad(String name, String why) {
    return ProblemException.badField(name, "invalid_parameter", name + " " + why);
  }
}
