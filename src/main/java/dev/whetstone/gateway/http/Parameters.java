package dev.whetstone.gateway.http;

import dev.whetstone.settings.EnumNames;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads query and path parameters; the problem for an invalid one names it. */
public final class Parameters {
  private static final int MAX_LENGTH = 200;
  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  private Parameters() {}

  /** An optional name of 1 to 200 characters. */
  static @Nullable public String text(String name, @Nullable String value) {
    return value == null ? null : required(name, value);
  }

  /** A name of 1 to 200 characters. */
  public static String required(String name, String value) {
    if (value.isBlank() || value.length() > MAX_LENGTH || value.indexOf('\0') >= 0) {
      throw invalid(
          name,
          "must have 1 to " + MAX_LENGTH + " characters, not all blank and none of them U+0000");
    }
    return value;
  }

  /** A whole number from min to max, or the fallback when it is absent. */
  public static int number(String name, @Nullable String value, int fallback, int min, int max) {
    if (value == null) {
      return fallback;
    }
    try {
      int number = Integer.parseInt(value);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException unusable) {
      // reported below, as numbers out of range are
    }
    throw invalid(name, "must be a whole number from " + min + " to " + max);
  }

  /** An optional true or false. */
  static @Nullable public Boolean flag(String name, @Nullable String value) {
    return switch (value) {
      case null -> null;
      case "true" -> true;
      case "false" -> false;
      default -> throw invalid(name, "must be true or false");
    };
  }

  /** An optional time with its offset (RFC 3339), as in {@code 2026-01-31T08:00:00Z}. */
  static @Nullable public Instant time(String name, @Nullable String value) {
    try {
      Instant at = value == null ? null : OffsetDateTime.parse(value).toInstant();
      if (at == null || (at.isAfter(EARLIEST) && at.isBefore(LATEST))) {
        return at;
      }
    } catch (DateTimeException unusable) {
      // reported below
    }
    throw invalid(name, "must be a time with its offset, as in 2026-01-31T08:00:00Z");
  }

  /** An enum constant by its lower-case name, or the fallback when it is absent. */
  public static <E extends Enum<E>> E enumConstant(
      String name, @Nullable String value, E fallback) {
    if (value == null) {
      return fallback;
    }
    E[] all = fallback.getDeclaringClass().getEnumConstants();
    return EnumNames.find(value, all)
        .orElseThrow(
            () ->
                invalid(
                    name,
                    "must be one of "
                        + String.join(", ", Arrays.stream(all).map(EnumNames::of).toList())));
  }

  /** The problem of an invalid parameter: 400 {@code invalid_parameter}. */
  public static ProblemException invalid(String name, String why) {
    return ProblemException.badField(name, "invalid_parameter", name + " " + why);
  }
}
