package dev.whetstone.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.io.AtomicFile;
import dev.whetstone.settings.InvalidSettingException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Calls a running gateway with an operator key; thread-safe. */
public final class GatewayHttpClient {
  private static final String OCTETS = "Content-Type: application/octet-stream";
  private static final Duration TIMEOUT = Duration.ofMinutes(2);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final String url;
  private final String key;

  /**
   * @param url base URL of the gateway: where a proxy serves it below a path, with that path
   * @param key an API key, sent as the bearer token
   * @throws InvalidSettingException when either cannot be used
   */
  public GatewayHttpClient(String url, String key) {
    if (!url.matches("https?://[^/?#\\s]+(/[^?#\\s]*)?") || !isAddress(url)) {
      throw new InvalidSettingException(
          "'%s' is no gateway's address, as in http://localhost:8080".formatted(url));
    }
    if (!key.matches("[!-~]+")) {
      throw new InvalidSettingException("the key is not an API key, as in wsk_operator_…");
    }
    this.url = url.replaceAll("/+$", "");
    this.key = key;
  }

  /**
   * Gets JSON.
   *
   * @throws IOException when the gateway cannot be reached or responds with a problem
   */
  public JsonNode get(String path) throws IOException {
    return json(send(request(path).GET()));
  }

  /** Posts JSON with a new Idempotency-Key. */
  public JsonNode post(String path, JsonNode body) throws IOException {
    return json(
        send(
            request(path)
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .POST(BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))));
  }

  /** Posts files as multipart/form-data, each in the part that its map key names. */
  public JsonNode post(String path, Map<String, Path> files) throws IOException {
    String boundary = "whetstone" + UUID.randomUUID();
    ByteArrayOutputStream form = new ByteArrayOutputStream();
    for (var file : files.entrySet()) {
      String disposition =
          "Content-Disposition: form-data; name=\"%s\"; filename=\"%s\""
              .formatted(file.getKey(), file.getValue().getFileName());
      String head = String.join("\r\n", "--" + boundary, disposition, OCTETS, "", "");
      form.writeBytes(head.getBytes(StandardCharsets.UTF_8));
      form.writeBytes(Files.readAllBytes(file.getValue()));
      form.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
    }
    form.writeBytes(("--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
    BodyPublisher body = BodyPublishers.ofByteArray(form.toByteArray());
    return json(
        send(
            request(path)
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .POST(body)));
  }

  /** Downloads a path to a file, which appears whole or not at all. */
  public void download(String path, Path file) throws IOException {
    try (InputStream body = send(request(path).GET())) {
      AtomicFile.write(file, body::transferTo);
    }
  }

  private static boolean isAddress(String url) {
    try {
      return URI.create(url).getHost() != null;
    } catch (IllegalArgumentException unusable) {
      return false;
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url + path))
        .timeout(TIMEOUT)
        .header("Authorization", "Bearer " + key);
  }

  private InputStream send(HttpRequest.Builder request) throws IOException {
    HttpResponse<InputStream> response;
    try {
      response = http.send(request.build(), BodyHandlers.ofInputStream());
    } catch (ConnectException | HttpConnectTimeoutException unreachable) {
      throw new IOException(
          "no gateway answers at " + url + "; start it with ./run, or name another with --url",
          unreachable);
    } catch (HttpTimeoutException slow) {
      throw new IOException(
          "the gateway at %s did not answer within %d s".formatted(url, TIMEOUT.toSeconds()), slow);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", stopped);
    }
    if (response.statusCode() >= 300) {
      try (InputStream body = response.body()) {
        throw new RefusedRequestException(
            response.statusCode(), problem(response.statusCode(), body.readNBytes(1 << 16)));
      }
    }
    return response.body();
  }

  private static String problem(int status, byte[] body) {
    return detail(body)
        .map(d -> d + " (" + status + ")")
        .orElse("the gateway responded with status " + status);
  }

  private static Optional<String> detail(byte[] body) {
    try {
      JsonNode problem = JSON.readTree(body);
      return Optional.ofNullable(problem)
          .map(p -> p.path("detail").asText(""))
          .filter(d -> !d.isEmpty());
    } catch (IOException notJson) {
      return Optional.empty();
    }
  }

  private JsonNode json(InputStream body) throws IOException {
    try (body) {
      return JSON.readTree(body);
    } catch (JsonProcessingException foreign) {
      throw new IOException(
          "what answers at " + url + " is no gateway: it sent no JSON; name another with --url",
          foreign);
    }
  }
}
