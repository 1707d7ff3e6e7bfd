package dev.whetstone.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.app.JavaProcess;
import dev.whetstone.client.GatewayHttpClient;
import dev.whetstone.io.Ports;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A gateway process on this machine with its own home directory, and a client for it. */
public final class LabGateway implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A first start fetches and imports a model. */
  private static final Duration START_LIMIT = Duration.ofMinutes(15);

  private static final int LAST_WORDS = 5;
  private static final Duration ANSWER_LIMIT = Duration.ofMinutes(2);
  private static final int MAX_TRIES = 120;

  /** The answer of a route. */
  public record Answer(int status, JsonNode body) {}

  private final ProcessBuilder command;
  private final Path home;
  private final int port;
  private final Map<String, String> keys = new ConcurrentHashMap<>();
  private final Process process;
  private final HttpClient client = HttpClient.newHttpClient();
  // a command that is ended by a signal takes its gateway with it
  private final Thread ending;

  private LabGateway(ProcessBuilder command, Path home, int port) throws IOException {
    this.command = command;
    this.home = home;
    this.port = port;
    this.process = command.start();
    this.ending = new Thread(process::destroy, "end-gateway");
    Runtime.getRuntime().addShutdownHook(ending);
  }

  /**
   * Starts a gateway, which starts its trainer, and waits until it answers. The output of both
   * processes is appended to {@code gateway.log} in their home.
   *
   * @param command from {@link JavaProcess#of}, or another way to start a gateway
   * @param settings environment variables that differ from this process's
   * @throws IOException when it does not become ready
   */
  public static LabGateway start(ProcessBuilder command, Path home, Map<String, String> settings)
      throws IOException, InterruptedException {
    Files.createDirectories(home);
    int port = Ports.free();
    Map<String, String> environment = command.environment();
    environment.put("WHETSTONE_HOME", home.toString());
    environment.put("WHETSTONE_PORT", Integer.toString(port));
    environment.put("WHETSTONE_TRAINER_PORT", Integer.toString(Ports.free()));
    // simulated users do not change their minds
    environment.put("WHETSTONE_PREFERENCE_UNDO_WINDOW", "0S");
    environment.putAll(settings);
    command
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(home.resolve("gateway.log").toFile()));
    return ready(new LabGateway(command, home, port));
  }

  /** Starts the gateway again after it has ended, with the same settings, home and port. */
  public LabGateway restart() throws IOException, InterruptedException {
    forgetEnding();
    client.close();
    return ready(new LabGateway(command, home, port));
  }

  private static LabGateway ready(LabGateway gateway) throws IOException, InterruptedException {
    try {
      gateway.waitUntilReady();
      return gateway;
    } catch (IOException | InterruptedException failed) {
      gateway.forgetEnding();
      gateway.process.destroyForcibly();
      throw failed;
    }
  }

  private void waitUntilReady() throws IOException, InterruptedException {
    Instant limit = Instant.now().plus(START_LIMIT);
    while (Instant.now().isBefore(limit)) {
      if (!process.isAlive()) {
        throw new IOException("the gateway ended: " + lastWords());
      }
      try {
        if (send(request("/q/health/ready", null).GET().build()).status() == 200) {
          return;
        }
      } catch (IOException notYet) {
        // it does not listen yet
      }
      Thread.sleep(100);
    }
    throw new IOException("the gateway is not ready after " + START_LIMIT + ": " + lastWords());
  }

  /** The last lines of its log, which goes with its home. */
  private String lastWords() throws IOException {
    List<String> lines = Files.readAllLines(home.resolve("gateway.log"));
    return String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_WORDS), lines.size()));
  }

  public int port() {
    return port;
  }

  /** The data directory. */
  public Path home() {
    return home;
  }

  public Process process() {
    return process;
  }

  /** GET with a role's key, whatever the answer is. */
  public Answer ask(String role, String path) throws IOException, InterruptedException {
    return send(request(path, role).GET().build());
  }

  /** GET with a role's key, which must succeed; returns the body of the answer. */
  public JsonNode get(String role, String path) throws IOException, InterruptedException {
    return expect(path, send(request(path, role).GET().build()));
  }

  /** A client with the operator's key. */
  public GatewayHttpClient asOperator() throws IOException {
    return new GatewayHttpClient("http://127.0.0.1:" + port, key("operator"));
  }

  /** The adapter of a version; its files are left in the folder. */
  public LoraAdapter adapter(String version, Path folder) throws IOException {
    Path tensors = folder.resolve("adapter_model.safetensors");
    Path config = folder.resolve("adapter_config.json");
    String path = "/policies/" + version + "/adapter";
    asOperator().download(path, tensors);
    asOperator().download(path + "/config", config);
    return PeftFiles.read(Files.readAllBytes(tensors), Files.readString(config));
  }

  /** GET of a text that is not JSON. */
  public String getText(String role, String path) throws IOException, InterruptedException {
    return client.send(request(path, role).GET().build(), BodyHandlers.ofString()).body();
  }

  /** POST with a role's key; retries while the queue is full or a rate limit applies. */
  public Answer post(String role, String path, Object body)
      throws IOException, InterruptedException {
    HttpRequest request =
        request(path, role)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)))
            .build();
    Answer answer = send(request);
    for (int attempt = 1; answer.status() == 429 && attempt < MAX_TRIES; attempt++) {
      Thread.sleep(500);
      answer = send(request);
    }
    return answer;
  }

  /** POST that must succeed; returns the body of the answer. */
  public JsonNode postForJson(String role, String path, Object body)
      throws IOException, InterruptedException {
    return expect(path, post(role, path, body));
  }

  /** PATCH that must succeed; returns the body of the answer. */
  public JsonNode patch(String role, String path, Object body)
      throws IOException, InterruptedException {
    HttpRequest request =
        request(path, role)
            .header("Content-Type", "application/json")
            .method("PATCH", BodyPublishers.ofString(JSON.writeValueAsString(body)))
            .build();
    return expect(path, send(request));
  }

  private static JsonNode expect(String path, Answer answer) throws IOException {
    if (answer.status() >= 300) {
      throw new IOException(path + " answered " + answer.status() + ": " + answer.body());
    }
    return answer.body();
  }

  private HttpRequest.Builder request(String path, @Nullable String role) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(ANSWER_LIMIT);
    return role == null ? request : request.header("Authorization", "Bearer " + key(role));
  }

  private Answer send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
    return new Answer(response.statusCode(), JSON.readTree(response.body()));
  }

  /** The key of a role, from the home's keys.json; anything that is a key already, as it is. */
  public String key(String role) throws IOException {
    String known = keys.get(role);
    if (known != null) {
      return known;
    }
    if (role.startsWith("wsk_")) {
      return role;
    }
    JsonNode key = JSON.readTree(home.resolve("keys.json").toFile()).get(role);
    if (key == null) {
      throw new IOException("there is no key for " + role + " in " + home.resolve("keys.json"));
    }
    keys.put(role, key.asText());
    return key.asText();
  }

  /** Stops the gateway as a user would, and with it the trainer and the database. */
  @Override
  public void close() {
    forgetEnding();
    process.destroy();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
    client.close();
  }

  private void forgetEnding() {
    try {
      Runtime.getRuntime().removeShutdownHook(ending);
    } catch (IllegalStateException alreadyEnding) {
      // the hook runs, and may: the process ends either way
    }
  }

  /** The command that starts a gateway the way {@code ./run} does. */
  public static ProcessBuilder command() {
    return JavaProcess.of(List.of("-Xmx384m", "-XX:+UseSerialGC"), "gateway");
  }
}
