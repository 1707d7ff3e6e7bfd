package dev.whetstone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.app.AppSettings;
import dev.whetstone.app.ApplicationRunner;
import dev.whetstone.app.JavaProcess;
import dev.whetstone.app.NativeLibraries;
import dev.whetstone.app.ProcessRole;
import dev.whetstone.models.ModelStore;
import dev.whetstone.security.KeyFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

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
  @Option(names = "--with-parent", description = "Stop when standard input ends.")
  private boolean withParent;

  @Override
  public Integer call() throws IOException, InterruptedException {
    AppSettings settings = AppSettings.of(System::getenv).withModel(System.out::println);
    NativeLibraries.prepare(settings.nativeLibraries());
    requireFreePort(settings.port(), "WHETSTONE_PORT");
    if (settings.databaseUrl() == null) {
      // Read again later; a damaged one is told here, before anything runs.
      KeyFile.read(settings.home().resolve("keys.json"), new ObjectMapper());
    }
    prepareModel(settings);
    // the application reads its settings anew
    System.setProperty("WHETSTONE_MODEL", settings.model());
    ProcessRole.GATEWAY.declare();
    if (withParent) {
      ApplicationRunner.exitWithParent();
    }
    return ApplicationRunner.run();
  }

  /** Imports the model if that is not done, in a separate process with a larger heap. */
  static void prepareModel(AppSettings settings) throws IOException, InterruptedException {
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

  // Checked before anything is loaded, so that the error is one line instead of a stack trace.
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
