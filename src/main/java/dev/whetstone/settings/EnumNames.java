package dev.whetstone.settings;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The names that settings have in files. */
public final class EnumNames {
  private EnumNames() {}

  /** The constant in lower case. */
  public static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /**
   * The constant with this label.
   *
   * @throws IllegalArgumentException naming the setting and the labels there are
   */
  public static <E extends Enum<E>> E parse(String setting, String label, E[] constants) {
    return Arrays.stream(constants)
        .filter(constant -> of(constant).equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s = %s is none of %s".formatted(setting, label, all(constants))));
  }

  private static String all(Enum<?>[] constants) {
    return Arrays.stream(constants).map(EnumNames::of).collect(Collectors.joining(", "));
  }
}
