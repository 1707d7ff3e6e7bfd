package dev.whetstone.app;

import java.io.File;
import java.util.ArrayList;
import java.util.List;

/** The command line that starts this application again, as another process. */
public final class JavaProcess {
  private static final File NICE = new File("/usr/bin/nice");

  /** Where the packaged application is, for a process that was not started from it. */
  private static final String JAR = "whetstone.jar";

  private JavaProcess() {}

  /**
   * A process of this application.
   *
   * @param flags of the virtual machine, its memory above all
   * @param arguments as after {@code ./whetstone}
   */
  public static ProcessBuilder of(List<String> flags, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(flags);
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
            "-jar",
            System.getProperty(JAR, System.getProperty("java.class.path"))));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }

  /** Makes a process step back behind others for the processor, where the system knows how. */
  static ProcessBuilder nice(ProcessBuilder process) {
    if (NICE.canExecute()) {
      process.command().addAll(0, List.of(NICE.getPath(), "-n", "10"));
    }
    return process;
  }

  /** Whether this process was started from the packaged application, as tests are not. */
  static boolean packaged() {
    return System.getProperty("java.class.path", "").endsWith("quarkus-run.jar");
  }
}
