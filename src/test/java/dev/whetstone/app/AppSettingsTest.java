package dev.whetstone.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.settings.InvalidSettingException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AppSettingsTest {
  @Test
  void defaults() {
    AppSettings settings = of(Map.of());
    Path home = Path.of("data").toAbsolutePath();
    assertThat(settings.home()).isEqualTo(home);
    assertThat(settings.nativeLibraries()).isEqualTo(home.resolve("native"));
    assertThat(settings.port()).isEqualTo(8080);
    assertThat(settings.trainerPort()).isEqualTo(9080);
    assertThat(settings.namedModel()).isNull();
    assertThat(settings.weights()).isEqualTo(AppSettings.Weights.INT8);
    assertThat(settings.databaseConfig()).isEqualTo(DatabaseConfig.of(home, null));
  }

  @Test
  void namesOfTheDatabasesVariables() {
    AppSettings settings =
        of(
            Map.of(
                "WHETSTONE_HOME", "/h",
                "WHETSTONE_DATABASE_URL", "postgresql://u:p@db:5432/w",
                "WHETSTONE_DATABASE_CONNECTIONS", " 3 ",
                "WHETSTONE_DATABASE_STATEMENT_TIMEOUT", "PT1M",
                "WHETSTONE_DATABASE_ACQUIRE_TIMEOUT", ""));
    assertThat(settings.databaseConfig())
        .isEqualTo(
            new DatabaseConfig(
                Path.of("/h/postgres"),
                "postgresql://u:p@db:5432/w",
                3,
                Duration.ofMinutes(1),
                Duration.ofSeconds(5)));
  }

  @Test
  void whatCannotBeUsedIsNamed() {
    assertRefused(
        "WHETSTONE_DATABASE_CONNECTIONS", "1", "must be a number from 2 to 1000, not '1'");
    assertRefused("WHETSTONE_DATABASE_CONNECTIONS", "many", "cannot be 'many'");
    assertRefused("WHETSTONE_DATABASE_STATEMENT_TIMEOUT", "soon", "cannot be 'soon'");
    assertRefused("WHETSTONE_DATABASE_ACQUIRE_TIMEOUT", "PT0S", "must be positive, as in PT5S");
    assertRefused("WHETSTONE_DATABASE_URL", "mysql://x", "WHETSTONE_DATABASE_URL: ");
    assertRefused("WHETSTONE_PORT", "70000", "must be a number from 1 to 65535, not '70000'");
  }

  private static void assertRefused(String name, String value, String message) {
    assertThatThrownBy(() -> of(Map.of(name, value)))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageStartingWith("WHETSTONE_")
        .hasMessageContaining(message);
  }

  private static AppSettings of(Map<String, String> variables) {
    return AppSettings.of(variables::get);
  }
}
