package dev.whetstone.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.app.JavaProcess;
import dev.whetstone.io.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The packaged gateway in a separate process, serving the tiny model from a data directory. */
public final class GatewayProcess implements AutoCloseable {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(90);

  private final Path home;
  private final int port;
  private Process process;

  private GatewayProcess(Path home, int port) throws IOException {
    this.home = home;
    this.port = port;
    this.process = launch();
  }

  /** Starts a gateway with the given data directory and waits until it is ready. */
  public static GatewayProcess start(Path home) throws IOException, InterruptedException {
    TestModels.tiny();
    Path models = home.resolve("models");
    if (!Files.exists(models)) {
      Files.createSymbolicLink(models, Path.of("target", "test-models", "models").toAbsolutePath());
    }
    GatewayProcess gateway = new GatewayProcess(home, Ports.free());
    gateway.awaitReady();
    return gateway;
  }

  private Process launch() throws IOException {
    ProcessBuilder builder =
        JavaProcess.of(
                List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"), "gateway")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(home.resolve("gateway.log").toFile()));
    builder.environment().put("WHETSTONE_HOME", home.toString());
    builder.environment().put("WHETSTONE_MODEL", "tiny-reviews");
    builder.environment().put("WHETSTONE_PREFERENCE_UNDO_WINDOW", "0S");
    builder.environment().put("WHETSTONE_PORT", Integer.toString(port));
    return builder.start();
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  /** The key of a role in the home's keys.json. */
  public String key(String role) {
    try {
      return new ObjectMapper().readTree(home.resolve("keys.json").toFile()).path(role).asText();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** kill -9. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  public void restart() throws IOException, InterruptedException {
    launchAgain();
    awaitReady();
  }

  /** Starts it again without waiting until it is ready. */
  public void launchAgain() throws IOException {
    process = launch();
  }

  public void awaitReady() throws IOException, InterruptedException {
    Instant limit = Instant.now().plus(START_TIMEOUT);
    try (HttpClient client = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(uri("/q/health/ready")).build();
      while (true) {
        try {
          if (client.send(request, BodyHandlers.discarding()).statusCode() == 200) {
            return;
          }
        } catch (IOException notYet) {
          if (!process.isAlive() || Instant.now().isAfter(limit)) {
            throw new IOException(Files.readString(home.resolve("gateway.log")), notYet);
          }
        }
        Thread.sleep(50);
      }
    }
  }

  /** Sends SIGTERM. */
  public void beginToTerminate() {
    process.destroy();
  }

  /** Sends SIGTERM and returns the exit code. */
  public int terminate() throws InterruptedException {
    beginToTerminate();
    return process.waitFor();
  }

  /** Sends SIGTERM, and SIGKILL if it still runs after 40 s. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(40, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException stopped) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
