package dev.whetstone.testing;

import dev.whetstone.Whetstone;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs {@code ./whetstone} from the classes under test, in a separate process. */
public final class CommandProcess {
  private CommandProcess() {}

  /** Prepares a command with a data directory; standard error is merged into standard output. */
  public static ProcessBuilder of(Path home, String command, String... arguments) {
    List<String> line =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                "-cp",
                System.getProperty("java.class.path"),
                Whetstone.class.getName(),
                command));
    line.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder.environment().put("WHETSTONE_HOME", home.toString());
    builder.environment().put("WHETSTONE_ROOT", Path.of("").toAbsolutePath().toString());
    return builder;
  }
}
