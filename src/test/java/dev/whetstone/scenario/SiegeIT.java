package dev.whetstone.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.client.GatewayHttpClient;
import dev.whetstone.client.RefusedRequestException;
import dev.whetstone.lora.Adapters;
import dev.whetstone.testing.GatewayProcess;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One key's requests against a whole gateway with the heap that {@code ./run} gives it: none of
 * them stops it, and an operator is answered meanwhile.
 */
class SiegeIT {
  private static final String PLAIN = "{\"prompt\": \"The film\", \"max_tokens\": 3}";

  @TempDir Path home;

  @Test
  void aGatewayOutlivesWhatOneKeyCanSend() throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(home);
        HttpClient client = HttpClient.newHttpClient()) {
      hugeCounts(gateway, client);
      biasesOfTheWholeVocabulary(gateway, client);
      wideRequestsThatWait(gateway, client);
      bodiesThatNeverEnd(gateway, client);
      adaptersThatTheSettingsAllow(gateway, client);
      assertServed(gateway, client);
      assertThat(Files.readString(home.resolve("gateway.log")))
          .doesNotContain("OutOfMemoryError", " ERROR ", "\tat ");
    }
  }

  private void hugeCounts(GatewayProcess gateway, HttpClient client) throws Exception {
    String body = "{\"model\": \"champion\", \"prompt\": \"x\", \"n\": 2000000000}";
    List<Integer> statuses = send(gateway, client, "/v1/completions", body, 8);

    assertThat(statuses).containsOnly(400);
    assertServed(gateway, client);
  }

  private void biasesOfTheWholeVocabulary(GatewayProcess gateway, HttpClient client)
      throws Exception {
    String biases =
        IntStream.range(0, 49_152)
            .mapToObj(id -> "\"" + id + "\":1")
            .collect(Collectors.joining(","));
    String body =
        "{\"model\":\"champion\",\"prompt\":\"x\",\"n\":16,\"logit_bias\":{" + biases + "}}";
    List<Integer> statuses = send(gateway, client, "/v1/completions", body, 160);

    assertThat(statuses).allMatch(status -> status == 400 || status == 503);
    assertServed(gateway, client);
  }

  private void wideRequestsThatWait(GatewayProcess gateway, HttpClient client) throws Exception {
    String body =
        "{\"model\":\"champion\",\"prompt\":\"The film\",\"n\":16,\"max_tokens\":20,"
            + "\"presence_penalty\":0.1,\"ignore_eos\":true}";
    CompletableFuture<List<Integer>> flood =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return send(gateway, client, "/v1/completions", body, 256);
              } catch (Exception failed) {
                throw new IllegalStateException(failed);
              }
            });
    Thread.sleep(200);
    assertServed(gateway, client);

    assertThat(flood.get(120, TimeUnit.SECONDS))
        .contains(200)
        .allMatch(status -> status == 200 || status == 429);
  }

  private void bodiesThatNeverEnd(GatewayProcess gateway, HttpClient client) throws Exception {
    byte[] part = "x".repeat(1_000_000).getBytes(StandardCharsets.UTF_8);
    String head =
        "POST /generate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + "Authorization: Bearer "
            + gateway.key("chat")
            + "\r\nContent-Length: 1000100\r\n\r\n{\"prompt\": \"";
    List<Socket> open = new ArrayList<>();
    try {
      URI address = gateway.uri("/");
      for (int i = 0; i < 200; i++) {
        Socket socket = new Socket(address.getHost(), address.getPort());
        open.add(socket);
        Thread.startVirtualThread(
            () -> {
              try {
                OutputStream out = socket.getOutputStream();
                out.write(head.getBytes(StandardCharsets.UTF_8));
                out.write(part);
                out.flush();
              } catch (IOException refused) {
                // as it should be
              }
            });
      }
      Thread.sleep(2_000);
      assertServed(gateway, client);
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
  }

  /** Some 55 MB each: beside each other the heap has no room for them. */
  private void adaptersThatTheSettingsAllow(GatewayProcess gateway, HttpClient client)
      throws Exception {
    ModelConfig config = TestModels.tiny().config();
    int rank = (int) (55_000_000 / Adapters.of(config, 1, 0).bytes());
    GatewayHttpClient operator =
        new GatewayHttpClient(gateway.uri("").toString(), gateway.key("operator"));
    List<String> versions = new ArrayList<>();
    List<String> refusals = new ArrayList<>();
    for (int seed = 1; seed <= 6; seed++) {
      try {
        String version = TwoGatewaysIT.imported(operator, Adapters.of(config, rank, seed), home);
        versions.add(version);
        operator.post("/policies/" + version + "/promote", new ObjectMapper().createObjectNode());
      } catch (RefusedRequestException refused) {
        refusals.add(refused.status() + " " + refused.getMessage());
      }
    }
    assertServed(gateway, client);

    assertThat(versions).as("%s", refusals).hasSizeGreaterThan(1);
    assertThat(refusals)
        .as("%s", versions)
        .isNotEmpty()
        .allMatch(refusal -> refusal.startsWith("413 ") || refusal.startsWith("409 "))
        .allMatch(refusal -> refusal.contains(" MB of the heap"));
    downloads(gateway, client, "/policies/" + versions.getLast() + "/onnx");
  }

  private void downloads(GatewayProcess gateway, HttpClient client, String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(gateway.uri(path))
            .header("Authorization", "Bearer " + gateway.key("operator"))
            .build();
    List<CompletableFuture<HttpResponse<Void>>> all = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      all.add(client.sendAsync(request, BodyHandlers.discarding()));
    }
    List<Integer> statuses = new ArrayList<>();
    for (CompletableFuture<HttpResponse<Void>> one : all) {
      statuses.add(one.get(120, TimeUnit.SECONDS).statusCode());
    }
    assertThat(statuses).contains(200, 503).isSubsetOf(200, 503);
    assertServed(gateway, client);
  }

  /** Sends equal requests of the chat key at once; returns their statuses. */
  private List<Integer> send(
      GatewayProcess gateway, HttpClient client, String path, String body, int times)
      throws Exception {
    List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      all.add(client.sendAsync(request(gateway, "chat", path, body), BodyHandlers.ofString()));
    }
    List<Integer> statuses = new ArrayList<>();
    for (CompletableFuture<HttpResponse<String>> one : all) {
      statuses.add(one.get(120, TimeUnit.SECONDS).statusCode());
    }
    return statuses;
  }

  private void assertServed(GatewayProcess gateway, HttpClient client) throws Exception {
    long begun = System.nanoTime();
    HttpResponse<String> answer =
        client.send(request(gateway, "operator", "/generate", PLAIN), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
    for (String check : List.of("ready", "live")) {
      HttpRequest health = HttpRequest.newBuilder(gateway.uri("/q/health/" + check)).build();
      assertThat(client.send(health, BodyHandlers.discarding()).statusCode()).isEqualTo(200);
    }
  }

  private HttpRequest request(GatewayProcess gateway, String role, String path, String body) {
    return HttpRequest.newBuilder(gateway.uri(path))
        .header("Authorization", "Bearer " + gateway.key(role))
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }
}
