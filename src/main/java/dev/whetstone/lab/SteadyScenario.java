package dev.whetstone.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.app.JavaProcess;
import dev.whetstone.io.AtomicDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Many clean votes. Then the same votes train adapters off-line, by the settings of the last run
 * but for their length, and the one nearest to the champion in KL is compared with it.
 */
final class SteadyScenario implements Scenario {
  private static final int PAIRS = 400;
  private static final double[] LENGTHS = {0.25, 0.5, 1};
  private static final ObjectMapper JSON = new ObjectMapper();

  private final int votes;

  SteadyScenario(int votes) {
    this.votes = votes;
  }

  @Override
  public String name() {
    return "steady";
  }

  @Override
  public String description() {
    return votes + " votes without errors, and off-line training on the same votes";
  }

  @Override
  public void play(LabSession session) throws IOException, InterruptedException {
    session.lookAfter(List.of(300, 500, 1_000, 1_500, 2_000));
    session.drive(votes, Crowd.of(Taste.PRAISE, 0), Taste.PRAISE, LabSession.Stop.NEVER);
    ObjectNode settings = lastRun(session);
    if (settings == null) {
      return;
    }
    Path folder = Files.createTempDirectory("whetstone-lab-");
    try {
      session
          .gateway()
          .asOperator()
          .download("/preferences?format=jsonl&tokens=true", folder.resolve("pairs.jsonl"));
      compare(session, settings, folder);
    } finally {
      AtomicDirectory.deleteTree(folder);
    }
  }

  private static void compare(LabSession session, ObjectNode settings, Path folder)
      throws IOException, InterruptedException {
    String champion = session.champion();
    double goal = session.measures().look("champion", champion).kl();
    double epochs = settings.path("epochs").asDouble(4);
    LabRow.Look nearest = null;
    for (double length : LENGTHS) {
      session.say("   training off-line, %s of the epochs".formatted(length));
      settings.remove("steps");
      settings.put("epochs", epochs * length);
      String version = train(session, settings, folder, "length-" + length);
      LabRow.Look look = session.measures().look("off-line", version);
      if (nearest == null || Math.abs(look.kl() - goal) < Math.abs(nearest.kl() - goal)) {
        nearest = look;
      }
    }
    if (nearest != null) {
      LabRow.Match match =
          session.measures().match(champion, nearest.version(), PAIRS, Taste.PRAISE);
      session.note("win_rate_over_off_line", match.rate());
      session.note("pairs_against_off_line", match.wins() + match.losses());
      session.note("off_line_kl", nearest.kl());
      session.note("off_line_praise", nearest.praise());
      session.note("champion_kl", goal);
    }
  }

  /** The settings of the last run that succeeded; null if none did. */
  private static @Nullable ObjectNode lastRun(LabSession session)
      throws IOException, InterruptedException {
    for (JsonNode run : session.gateway().get("operator", "/training/runs").path("items")) {
      if (run.path("status").asText().equals("succeeded")
          && run.path("config") instanceof ObjectNode config) {
        return config;
      }
    }
    return null;
  }

  private static String train(LabSession session, ObjectNode settings, Path folder, String name)
      throws IOException, InterruptedException {
    Path config = folder.resolve(name + ".json");
    JSON.writeValue(config.toFile(), settings);
    Path out = folder.resolve(name);
    ProcessBuilder command =
        JavaProcess.of(
            List.of("-Xrs"),
            "train",
            "--model",
            "tiny-reviews",
            "--pairs",
            folder.resolve("pairs.jsonl").toString(),
            "--config",
            config.toString(),
            "--out",
            out.toString());
    Path log = folder.resolve(name + ".log");
    command.environment().put("WHETSTONE_HOME", session.gateway().home().toString());
    Process training = command.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      if (training.waitFor() != 0) {
        throw new IOException("off-line training failed: " + Files.readString(log).strip());
      }
    } finally {
      training.destroy();
    }
    return new ScaledAdapter(session.gateway())
        .publish(out.resolve("adapter_model.safetensors"), out.resolve("adapter_config.json"));
  }
}
