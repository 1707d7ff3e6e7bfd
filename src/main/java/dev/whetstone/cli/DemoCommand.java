package dev.whetstone.cli;

import dev.whetstone.app.AppSettings;
import dev.whetstone.demo.DemoGateway;
import dev.whetstone.demo.DemoScenario;
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
    mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
  /**
   * Settings that differ from {@code ./run}. The probe text uses words that the tiny model knows.
   */
  private static final Map<String, String> SETTINGS =
      Map.of(
          "WHETSTONE_MODEL", "tiny-reviews",
          "WHETSTONE_DATABASE_URL", "",
          "WHETSTONE_TRAINER_START", "true",
          "WHETSTONE_TRAINER_VOTES", Integer.toString(DemoScenario.VOTES),
          "WHETSTONE_TRAINER_POLL", "PT0.5S",
          "WHETSTONE_SERVING_POLL", "PT0.5S",
          // the tiny model writes only reviews, so training on praise changes any probe text's
          // perplexity
          "WHETSTONE_ROLLOUT_GATE_MAX_PERPLEXITY_RATIO", "4",
          "WHETSTONE_ROLLOUT_GATE_PROBE_TEXT",
              "The film was quiet. The plot was plain and the ending was simple. It cost 12 dollars.");

  @Option(
      names = "--home",
      paramLabel = "FOLDER",
      description = "Where the demo's data is written and kept; default: a new temporary folder.")
  private @Nullable Path home;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path folder =
        home == null
            ? Files.createTempDirectory("whetstone-demo-")
            : home.toAbsolutePath().normalize();
    System.out.println("The demo's data: " + folder);
    System.out.println("Starting a gateway and a trainer; their output goes to gateway.log there.");
    Map<String, String> settings = new HashMap<>(SETTINGS);
    settings.put("WHETSTONE_NATIVE", AppSettings.of(System::getenv).nativeLibraries().toString());
    try (DemoGateway gateway = DemoGateway.start(DemoGateway.command(), folder, settings)) {
      new DemoScenario(gateway, System.out::println).run();
    }
    System.out.println();
    System.out.println(
        "To inspect the result: WHETSTONE_HOME=" + folder + " WHETSTONE_MODEL=tiny-reviews ./run");
    System.out.println(
        "then GET /policies, /training/runs, /rollouts and /audit with the operator's key in keys.json.");
    return 0;
  }
}
