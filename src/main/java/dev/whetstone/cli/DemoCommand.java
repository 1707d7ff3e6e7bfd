package dev.whetstone.cli;

import dev.whetstone.app.AppSettings;
import dev.whetstone.lab.DemoScenario;
import dev.whetstone.lab.LabGateway;
import dev.whetstone.lab.LabSettings;
import dev.whetstone.lab.Laboratory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Plays the whole loop on the tiny model, with real processes and a separate data directory. */
@Command(
    name = "demo",
    description =
        "Plays the loop on the tiny model: votes train a candidate, it wins a duel, serves, is rolled"
            + " back.",
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = {"  ./whetstone demo", "  ./whetstone demo --open --home demo"})
public final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--home",
      paramLabel = "FOLDER",
      description = "Where the demo's data is written and kept; default: a new temporary folder.")
  private @Nullable Path home;

  @Option(
      names = "--open",
      description =
          "Prints a link to the pages first, and waits for Enter before it begins and before it ends.")
  private boolean open;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path folder =
        home == null
            ? Files.createTempDirectory("whetstone-demo-")
            : home.toAbsolutePath().normalize();
    System.out.println("The demo's data: " + folder);
    System.out.println("Starting a gateway and a trainer; their output goes to gateway.log there.");
    Map<String, String> settings = new HashMap<>(LabSettings.DEMO);
    settings.put("WHETSTONE_NATIVE", AppSettings.of(System::getenv).nativeLibraries().toString());
    try (LabGateway gateway = LabGateway.start(Laboratory.command(), folder, settings)) {
      if (open) {
        System.out.println("Open " + link(gateway) + " and press Enter to begin.");
        awaitEnter();
      }
      new DemoScenario(gateway, System.out::println).run();
      if (open) {
        System.out.println("Press Enter to stop the gateway.");
        awaitEnter();
      }
    }
    System.out.println();
    System.out.println(
        "To inspect the result: WHETSTONE_HOME=" + folder + " WHETSTONE_MODEL=tiny-reviews ./run");
    System.out.println(
        "then GET /policies, /training/runs, /rollouts and /audit with the operator's key in keys.json.");
    return 0;
  }

  private static String link(LabGateway gateway) throws IOException, InterruptedException {
    String url = gateway.postForJson("operator", "/welcome", Map.of()).path("url").asText();
    // browsers trust this name as they trust TLS
    return url.replace("127.0.0.1", "localhost");
  }

  /** Returns at once when nobody can press it. */
  private static void awaitEnter() throws IOException {
    int pressed = System.in.read();
    while (pressed != '\n' && pressed != -1) {
      pressed = System.in.read();
    }
  }
}
