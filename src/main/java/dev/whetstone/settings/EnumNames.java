package dev.whetstone.settings;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The names of enum constants in files and in JSON: the constants in lower case. */
public final class EnumNames {
  private EnumNames() {}

  /** The name of a constant. */
  public static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /**
   * The constant with this name.
   *
   * @throws IllegalArgumentException naming the setting and the names it may have
   */
  public static <E extends Enum<E>> E parse(String setting, String name, E[] constants) {
    return find(name, constants)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s = %s is none of %s".formatted(setting, name, all(constants))));
  }

  /** The constant with this name; empty when there is none. */
  public static <E extends Enum<E>> Optional<E> find(String name, E[] constants) {
    return Arrays.stream(constants).filter(constant -> of(constant).equals(name)).findFirst();
  }

  private static String all(Enum<?>[] constants) {
    return Arrays.stream(constants).map(EnumNames::of).collect(Collectors.joining(", "));
  }
}
