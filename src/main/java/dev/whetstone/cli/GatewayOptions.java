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

/** Options with which a command finds the running gateway. */
final class GatewayOptions {
  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "The gateway's, with the path below which a proxy serves it; default:"
              + " http://localhost:WHETSTONE_PORT.")
  @Nullable String url;

  @Option(
      names = "--key",
      paramLabel = "KEY",
      description =
          "An operator's key; default: WHETSTONE_KEY, else the operator's in WHETSTONE_HOME/keys.json.")
  @Nullable String key;

  GatewayHttpClient client() throws IOException {
    AppSettings settings = AppSettings.of(System::getenv);
    String address = url == null ? "http://localhost:" + settings.port() : url;
    return new GatewayHttpClient(address, key == null ? readKey(settings) : key);
  }

  private static String readKey(AppSettings settings) throws IOException {
    String fromEnvironment = System.getenv("WHETSTONE_KEY");
    if (fromEnvironment != null && !fromEnvironment.isBlank()) {
      return fromEnvironment.strip();
    }
    Path file = settings.home().resolve("keys.json");
    if (!Files.exists(file)) {
      throw new InvalidSettingException(
          "there is no " + file + "; give an operator's key with --key");
    }
    String found = new ObjectMapper().readTree(file.toFile()).path("operator").asText("");
    if (found.isEmpty()) {
      throw new InvalidSettingException(file + " holds no operator's key; give one with --key");
    }
    return found;
  }
}
