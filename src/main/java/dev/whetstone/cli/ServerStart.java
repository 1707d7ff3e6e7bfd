package dev.whetstone.cli;

import dev.whetstone.app.AppSettings;
import dev.whetstone.app.ApplicationRunner;
import dev.whetstone.app.JavaProcess;
import dev.whetstone.app.NativeLibraries;
import dev.whetstone.models.ModelStore;
import dev.whetstone.settings.ProcessRole;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** What the gateway and the trainer do alike before they run. */
final class ServerStart {
  @Option(names = "--with-parent", description = "Stop when standard input ends.")
  private boolean withParent;

  /** The settings, with the model that is named or chosen; native libraries are in place. */
  AppSettings settings() throws IOException {
    AppSettings settings = AppSettings.of(System::getenv).withModel(System.out::println);
    NativeLibraries.prepare(settings.nativeLibraries());
    return settings;
  }

  /**
   * Imports the model if that is not done and runs the application until it is stopped.
   *
   * @param role of {@link ProcessRole}
   */
  int run(String role, AppSettings settings, int port) throws IOException, InterruptedException {
    prepareModel(settings);
    if (withParent) {
      ApplicationRunner.exitWithParent();
    }
    return ApplicationRunner.run(
        Map.of(
            ProcessRole.PROPERTY,
            role,
            // the application reads its settings anew
            "WHETSTONE_MODEL",
            settings.model(),
            "quarkus.http.port",
            Integer.toString(port)));
  }

  /** Imports the model if that is not done, in a separate process with a larger heap. */
  private static void prepareModel(AppSettings settings) throws IOException, InterruptedException {
    ModelStore store = settings.modelStore(System.out::println);
    if (store.find(settings.model(), settings.weights().precision()).isPresent()) {
      return;
    }
    Process process =
        JavaProcess.of(List.of("-Xmx2g", "-Xrs"), "import", settings.model()).inheritIO().start();
    // a signal ends this process without running the finally block below
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroy, "whetstone-import-end"));
    try {
      if (process.waitFor() != 0) {
        throw new IllegalStateException("the model could not be imported; the reason is above");
      }
    } finally {
      process.destroy();
    }
  }

  /** Checked before anything is loaded, so that the error is one line, not a stack trace. */
  static void requireFreePort(int port, String setting) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    } catch (IOException busy) {
      throw new IllegalStateException(
          "port " + port + " is in use; choose another with " + setting, busy);
    }
  }
}
