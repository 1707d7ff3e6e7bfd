package dev.whetstone.cli;

import dev.whetstone.app.AppSettings;
import dev.whetstone.app.ApplicationRunner;
import dev.whetstone.app.JavaProcess;
import dev.whetstone.app.NativeLibraries;
import dev.whetstone.app.ProcessRole;
import dev.whetstone.models.ModelStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Runs the gateway until it is told to stop. */
@Command(
    name = "gateway",
    description = "Runs the gateway: HTTP and the engine.",
    mixinStandardHelpOptions = true)
public final class GatewayCommand implements Callable<Integer> {
  @Override
  public Integer call() throws IOException, InterruptedException {
    AppSettings environment = AppSettings.of(System::getenv);
    NativeLibraries.prepare(environment.nativeLibraries());
    requireFree(environment.port(), "WHETSTONE_PORT");
    prepare(environment);
    ProcessRole.GATEWAY.declare();
    return ApplicationRunner.run();
  }

  /**
   * A model that is not there yet is imported by a process of its own, which may use more memory.
   */
  static void prepare(AppSettings environment) throws IOException, InterruptedException {
    ModelStore store = environment.models(System.out::println);
    if (store.find(environment.model(), environment.weights().precision()).isPresent()) {
      return;
    }
    Process process = JavaProcess.of(List.of("-Xmx2g", "-Xrs"), "import").inheritIO().start();
    // a signal ends this process without unwinding it
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroy, "whetstone-import-end"));
    try {
      if (process.waitFor() != 0) {
        throw new IllegalStateException("the model could not be made ready; see above");
      }
    } finally {
      process.destroy();
    }
  }

  // Found out before anything is loaded, so that the reason is one line and not a stack trace.
  static void requireFree(int port, String setting) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    } catch (IOException busy) {
      throw new IllegalStateException(
          "port " + port + " is in use; choose another with " + setting, busy);
    }
  }
}
