package dev.whetstone.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.app.RetentionConfig;
import dev.whetstone.database.DatabaseSettings;
import dev.whetstone.engine.EngineConfig;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.pages.OidcConfig;
import dev.whetstone.gateway.pages.PagesConfig;
import dev.whetstone.preference.PreferenceConfig;
import dev.whetstone.preference.feedback.FeedbackConfig;
import dev.whetstone.rollout.RolloutConfig;
import dev.whetstone.rollout.gate.GateChecksConfig;
import dev.whetstone.serving.ServingConfig;
import dev.whetstone.testing.GeneratedDocs;
import dev.whetstone.training.worker.TrainerConfig;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The reference of all properties in docs/configuration.md is what the mappings' Javadoc says.
 * {@code ./test -Dtest=ConfigurationDocsTest -Dwrite-docs} writes it anew.
 */
class ConfigurationDocsTest {
  private static final List<Class<?>> MAPPINGS =
      List.of(
          DatabaseSettings.class,
          EngineConfig.class,
          GateChecksConfig.class,
          GatewayConfig.class,
          OidcConfig.class,
          PagesConfig.class,
          PreferenceConfig.class,
          FeedbackConfig.class,
          RolloutConfig.class,
          ServingConfig.class,
          TrainerConfig.class,
          RetentionConfig.class);

  @Test
  void theReferenceIsWhatTheMappingsSay() throws IOException {
    GeneratedDocs.of("configuration.md", ConfigurationDocsTest.class)
        .holds(reference(ConfigMappingReader.read(Path.of("src", "main", "java"))));
  }

  @Test
  void theReaderFindsTheNamesAndDefaultsThatTheApplicationHas() throws IOException {
    Map<String, Optional<String>> read = new TreeMap<>();
    ConfigMappingReader.read(Path.of("src", "main", "java"))
        .forEach(
            mapping -> mapping.settings().forEach(one -> read.put(one.name(), one.fallback())));
    Map<String, Optional<String>> known = new TreeMap<>();
    for (Class<?> mapping : MAPPINGS) {
      ConfigMappings.getProperties(ConfigClass.configClass(mapping))
          .forEach(
              (name, property) ->
                  known.put(
                      name,
                      property.hasDefaultValue()
                          ? Optional.ofNullable(property.getDefaultValue())
                          : Optional.empty()));
    }
    // the items of a list, which has a name of its own
    known.keySet().removeIf(name -> name.endsWith("[*]"));
    assertThat(read).isEqualTo(known);
  }

  private static String reference(List<ConfigMappingReader.Mapping> mappings) {
    StringBuilder text = new StringBuilder();
    for (ConfigMappingReader.Mapping mapping : mappings) {
      text.append("\n### `").append(mapping.prefix()).append("`\n\n");
      text.append(mapping.doc()).append("\n\n| property | default | what |\n|---|---|---|\n");
      mapping.settings().forEach(setting -> text.append(row(mapping, setting)));
    }
    return text.append('\n').toString();
  }

  private static String row(
      ConfigMappingReader.Mapping mapping, ConfigMappingReader.Setting setting) {
    String name = setting.name().substring(mapping.prefix().length());
    String fallback = setting.fallback().map(value -> "`" + value + "`").orElse("none");
    return Stream.of("`" + name + "`", fallback, setting.doc())
            .map(cell -> cell.replace("|", "\\|"))
            .reduce("|", (row, cell) -> row + " " + cell + " |")
        + "\n";
  }
}
