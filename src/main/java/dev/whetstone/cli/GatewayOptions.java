package dev.whetstone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.app.AppSettings;
import dev.whetstone.client.GatewayHttpClient;
import dev.whetstone.settings.InvalidSettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a command finds the running gateway. */
final class GatewayOptions {
  @Option(
      names = "--url",
      description = "Of the gateway; default: http://localhost:WHETSTONE_PORT.")
  @Nullable String url;

  @Option(
      names = "--key",
      description =
          "An operator's key; default: WHETSTONE_KEY, else the operator's in WHETSTONE_HOME/keys.json.")
  @Nullable String key;

  GatewayHttpClient client() throws IOException {
    AppSettings environment = AppSettings.of(System::getenv);
    String address = url == null ? "http://localhost:" + environment.port() : url;
    return new GatewayHttpClient(address, key == null ? keyOf(environment) : key);
  }

  private static String keyOf(AppSettings environment) throws IOException {
    String given = System.getenv("WHETSTONE_KEY");
    if (given != null && !given.isBlank()) {
      return given.strip();
    }
    Path file = environment.home().resolve("keys.json");
    if (!Files.exists(file)) {
      throw new InvalidSettingException(
          "there is no " + file + "; name an operator's key with --key");
    }
    String found = new ObjectMapper().readTree(file.toFile()).path("operator").asText("");
    if (found.isEmpty()) {
      throw new InvalidSettingException(file + " holds no operator's key; name one with --key");
    }
    return found;
  }
}
