package dev.whetstone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.app.AppSettings;
import dev.whetstone.security.KeyFile;
import dev.whetstone.settings.ProcessRole;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Runs the gateway until a signal stops it. */
@Command(
    name = "gateway",
    description = "Runs the gateway: HTTP and the engine.",
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = {
      "  ./whetstone gateway",
      "  WHETSTONE_PORT=9000 WHETSTONE_MODEL=smollm2-135m-instruct ./whetstone gateway"
    })
public final class GatewayCommand implements Callable<Integer> {
  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  private ServerStart start;

  @Override
  public Integer call() throws IOException, InterruptedException {
    AppSettings settings = start.settings();
    ServerStart.requireFreePort(settings.port(), "WHETSTONE_PORT");
    if (settings.databaseUrl() == null) {
      // Read again later; a damaged one is told here, before anything runs.
      KeyFile.read(settings.home().resolve("keys.json"), new ObjectMapper());
    }
    return start.run(ProcessRole.GATEWAY, settings, settings.port());
  }
}
