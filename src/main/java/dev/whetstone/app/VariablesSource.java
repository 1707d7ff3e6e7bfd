package dev.whetstone.app;

import dev.whetstone.settings.InvalidSettingException;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads a mapping before the application server starts, and without it. */
final class VariablesSource {
  private static final int ORDINAL = 300;

  private VariablesSource() {}

  /**
   * The settings of a mapping.
   *
   * @param variables the value of an environment variable or a property; null where it is not set
   * @throws InvalidSettingException naming the variable whose value cannot be used
   */
  static <T> T read(Class<T> mapping, Function<String, @Nullable String> variables) {
    Map<String, String> values = new HashMap<>();
    for (String property :
        ConfigMappings.getProperties(ConfigClass.configClass(mapping)).keySet()) {
      String value = variables.apply(variable(property));
      value = value == null ? variables.apply(property) : value;
      if (value != null && !value.isBlank()) {
        values.put(property, value.strip());
      }
    }
    try {
      return new SmallRyeConfigBuilder()
          .withSources(new PropertiesConfigSource(values, "environment", ORDINAL))
          .withMapping(mapping)
          .build()
          .getConfigMapping(mapping);
    } catch (ConfigValidationException invalid) {
      String problems = String.valueOf(invalid.getMessage());
      throw new InvalidSettingException(
          values.keySet().stream()
              .filter(problems::contains)
              .findFirst()
              .map(name -> "%s cannot be '%s'".formatted(variable(name), values.get(name)))
              .orElseGet(() -> invalid.getProblem(0).getMessage()));
    }
  }

  /** The name of a property as an environment variable. */
  static String variable(String property) {
    return property.replaceAll("[^a-zA-Z0-9]", "_").toUpperCase(Locale.ROOT);
  }
}
