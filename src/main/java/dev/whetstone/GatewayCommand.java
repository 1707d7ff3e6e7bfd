package dev.whetstone;

import io.quarkus.runtime.Quarkus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Runs the gateway until it is told to stop. */
@Command(
    name = "gateway",
    description = "Runs the gateway: HTTP and the engine.",
    mixinStandardHelpOptions = true)
final class GatewayCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    Environment environment = Environment.of(System::getenv);
    requireFree(environment.port());
    Quarkus.run();
    return 0;
  }

  // Found out before anything is loaded, so that the reason is one line and not a stack trace.
  private static void requireFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    } catch (IOException busy) {
      throw new IllegalStateException(
          "port " + port + " is in use; choose another with WHETSTONE_PORT", busy);
    }
  }
}
