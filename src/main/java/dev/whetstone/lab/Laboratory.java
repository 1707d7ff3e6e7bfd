package dev.whetstone.lab;

import dev.whetstone.benchmark.CpuInfo;
import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.settings.BuildInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Plays starts, one after the other, each against a gateway and a trainer of its own. */
public final class Laboratory {
  private static final Duration KEYS_LIMIT = Duration.ofMinutes(3);
  // where things are, and how the JVM is started; all else would change what is measured
  private static final Set<String> KEPT =
      Set.of("WHETSTONE_ROOT", "WHETSTONE_JAVA_OPTS", "WHETSTONE_NATIVE");

  private final LabFile file;
  private final Path natives;
  private final @Nullable Path homes;
  private final Map<String, String> changed;
  private final Consumer<String> progress;

  /**
   * Prepares starts.
   *
   * @param natives where native libraries are unpacked
   * @param homes keeps each start's data directory below this one; null deletes them
   * @param changed environment variables that differ from the scenarios'
   */
  public Laboratory(
      LabFile file,
      Path natives,
      @Nullable Path homes,
      Map<String, String> changed,
      Consumer<String> progress) {
    this.file = file;
    this.natives = natives;
    this.homes = homes;
    this.changed = Map.copyOf(changed);
    this.progress = progress;
  }

  /** Plays one start and appends its row, which also says so when the start broke. */
  public LabRow play(Scenario scenario, long seed) throws IOException, InterruptedException {
    Path home = home(scenario, seed);
    Map<String, String> settings = new TreeMap<>(scenario.settings());
    settings.putAll(changed);
    try {
      LabRow row = play(scenario, seed, home, settings);
      file.append(row);
      return row;
    } finally {
      if (homes == null) {
        delete(home);
      }
    }
  }

  // what broke a start must not be hidden by a child process that still writes
  private void delete(Path home) {
    try {
      AtomicDirectory.deleteTree(home);
    } catch (IOException left) {
      progress.accept("   %s is left behind: %s".formatted(home, left));
    }
  }

  private LabRow play(Scenario scenario, long seed, Path home, Map<String, String> settings)
      throws IOException, InterruptedException {
    progress.accept("%s, seed %d: starting a gateway in %s".formatted(scenario.name(), seed, home));
    String commit = BuildInfo.version();
    String cpu = CpuInfo.name();
    try (LabGateway gateway = LabGateway.start(command(), home, environment(settings))) {
      awaitDatabase(gateway);
      LabSession session = new LabSession(gateway, seed, progress);
      try {
        scenario.play(session);
        return session.end(scenario, commit, cpu, settings);
      } catch (IOException broken) {
        progress.accept("   broke: " + broken.getMessage());
        return session.row(scenario, commit, cpu, settings, String.valueOf(broken.getMessage()));
      }
    }
  }

  private Map<String, String> environment(Map<String, String> settings) {
    Map<String, String> environment = new TreeMap<>(settings);
    environment.put("WHETSTONE_NATIVE", natives.toString());
    return environment;
  }

  /** The command of a gateway without the settings of this process's own environment. */
  public static ProcessBuilder command() {
    ProcessBuilder command = LabGateway.command();
    command
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("WHETSTONE_") && !KEPT.contains(name));
    return command;
  }

  private Path home(Scenario scenario, long seed) throws IOException {
    String name = scenario.name() + "-" + seed;
    if (homes == null) {
      return Files.createTempDirectory("whetstone-lab-" + name + "-");
    }
    Path home = homes.resolve(name);
    AtomicDirectory.deleteTree(home);
    return Files.createDirectories(home);
  }

  /** On a new home the gateway answers before its database is open. */
  private static void awaitDatabase(LabGateway gateway) throws IOException, InterruptedException {
    Instant limit = Instant.now().plus(KEYS_LIMIT);
    while (!isOpen(gateway)) {
      if (Instant.now().isAfter(limit)) {
        throw new IOException("the gateway's database is not open after " + KEYS_LIMIT);
      }
      Thread.sleep(100);
    }
  }

  private static boolean isOpen(LabGateway gateway) throws InterruptedException {
    try {
      return gateway.ask("operator", "/policies").status() == 200;
    } catch (IOException noKeysYet) {
      return false;
    }
  }
}
