package dev.whetstone.app;

import java.io.File;
import java.util.ArrayList;
import java.util.List;

/** Starts this application again as another process. */
public final class JavaProcess {
  private static final File NICE = new File("/usr/bin/nice");

  /** Names the packaged application, for a process that was not started from it, such as a test. */
  private static final String JAR = "whetstone.jar";

  private JavaProcess() {}

  /**
   * Prepares a process of this application; the caller starts it.
   *
   * @param flags JVM flags, such as the heap size
   * @param arguments the command line after {@code ./whetstone}
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

  /**
   * JVM flags with those that end the process at once when its heap is full, instead of letting it
   * go on without one of its threads. {@code WHETSTONE_HEAP_DUMPS} names a folder for the heap's
   * content; none is written without it, because it holds texts and keys.
   */
  static List<String> endOnMemoryError(String... flags) {
    List<String> all = new ArrayList<>(List.of(flags));
    all.add("-XX:+ExitOnOutOfMemoryError");
    String dumps = System.getenv("WHETSTONE_HEAP_DUMPS");
    if (dumps != null && !dumps.isBlank()) {
      all.addAll(List.of("-XX:+HeapDumpOnOutOfMemoryError", "-XX:HeapDumpPath=" + dumps));
    }
    return all;
  }

  /** Lowers a process's CPU priority, if {@code nice} is installed. */
  static ProcessBuilder withLowPriority(ProcessBuilder process) {
    if (NICE.canExecute()) {
      process.command().addAll(0, List.of(NICE.getPath(), "-n", "10"));
    }
    return process;
  }

  /** Whether this process runs the packaged application; tests do not. */
  static boolean isPackaged() {
    return System.getProperty("java.class.path", "").endsWith("quarkus-run.jar");
  }
}
