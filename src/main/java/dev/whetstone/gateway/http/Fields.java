package dev.whetstone.gateway.http;

import dev.whetstone.settings.EnumNames;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Checks the fields of a body, whose types and names {@link JsonBodyReader} has checked already.
 * The problem of an invalid one, 400 {@code invalid_field}, names it.
 */
public final class Fields {
  public static final int MAX_REASON_LENGTH = 500;

  private Fields() {}

  /** A field that may not be left out. */
  public static <T> T present(String field, @Nullable T value) {
    if (value == null) {
      throw ProblemException.invalidField(field, field + " is missing");
    }
    return value;
  }

  /** A text that may be left out, of 1 to so many characters, not all of them blank. */
  public static @Nullable String text(String field, @Nullable String value, int max) {
    if (value != null && (value.isBlank() || value.length() > max || value.indexOf('\0') >= 0)) {
      throw ProblemException.invalidField(
          field, "%s must have 1 to %d characters".formatted(field, max));
    }
    return value;
  }

  /** As {@link #text}, of a field that may not be left out. */
  public static String requiredText(String field, @Nullable String value, int max) {
    return present(field, text(field, value, max));
  }

  /** Why something is changed, where the caller need not say. */
  public static @Nullable String reason(@Nullable String reason) {
    if (reason != null && reason.length() > MAX_REASON_LENGTH) {
      throw ProblemException.invalidField(
          "reason", "reason must have at most " + MAX_REASON_LENGTH + " characters");
    }
    return reason;
  }

  /** Why something is changed, where the caller must say. */
  public static String requiredReason(@Nullable String reason) {
    return requiredText("reason", reason, MAX_REASON_LENGTH);
  }

  /** One of some enum constants, by its lower-case name. */
  public static <E extends Enum<E>> E constant(
      String field, @Nullable String value, E[] constants) {
    return EnumNames.find(present(field, value), constants)
        .orElseThrow(
            () ->
                ProblemException.invalidField(
                    field,
                    "%s must be one of %s"
                        .formatted(
                            field,
                            String.join(
                                ", ", Arrays.stream(constants).map(EnumNames::of).toList()))));
  }

  /** A list that may be left out, and has no nulls. */
  public static <T> List<T> list(String field, @Nullable List<T> values) {
    if (values == null) {
      return List.of();
    }
    if (values.stream().anyMatch(value -> value == null)) {
      throw ProblemException.invalidField(field, field + " has a null");
    }
    return List.copyOf(values);
  }

  /**
   * Makes a value that checks itself.
   *
   * @param value throws IllegalArgumentException with a message that begins with a field's name
   */
  public static <T> T checked(Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException unusable) {
      String message = String.valueOf(unusable.getMessage());
      throw ProblemException.invalidField(message.split(" ", 2)[0], message);
    }
  }
}
