package dev.whetstone.scenario;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whetstone.testing.GatewayProcess;
import dev.whetstone.testing.TestModels;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that runs ONNX Runtime ends on SIGTERM at a random moment without a crash. */
class InterruptIT {
  private static final int TERMINATED = 128 + 15;
  private static final SplittableRandom RANDOM = new SplittableRandom();

  /** One home for all starts. A crash would write its report here. */
  @TempDir static Path folder;

  @RepeatedTest(10)
  void aBenchmarkEndsAtOnce() throws Exception {
    TestModels.tiny();
    Path out = folder.resolve("out");
    Process bench = bench(out);
    try {
      await().atMost(ofMinutes(2)).until(() -> !bench.isAlive() || Files.size(out) > 0);
      Thread.sleep(RANDOM.nextInt(600));

      bench.destroy();

      assertThat(bench.waitFor(10, TimeUnit.SECONDS)).as("ended").isTrue();
      assertThat(bench.exitValue()).as(Files.readString(out)).isEqualTo(TERMINATED);
      assertThat(folder).isDirectoryNotContaining("regex:.*hs_err.*");
    } finally {
      bench.destroyForcibly();
    }
  }

  @RepeatedTest(4)
  void aGatewayGivesTheAnswersItHasBegun() throws Exception {
    List<Integer> statuses = Collections.synchronizedList(new ArrayList<>());
    try (GatewayProcess gateway = GatewayProcess.start(folder);
        HttpClient client = HttpClient.newHttpClient();
        ExecutorService chats = Executors.newVirtualThreadPerTaskExecutor()) {
      HttpRequest ask = ask(gateway);
      List<Future<IOException>> ended =
          IntStream.range(0, 8)
              .mapToObj(i -> chats.submit(() -> chat(client, ask, statuses)))
              .toList();
      await().atMost(ofMinutes(2)).until(() -> statuses.size() >= 16);
      Thread.sleep(RANDOM.nextInt(200));

      int code = gateway.terminate();

      assertThat(code).as(Files.readString(folder.resolve("gateway.log"))).isEqualTo(TERMINATED);
      for (Future<IOException> chat : ended) {
        assertThat(chat.get(10, TimeUnit.SECONDS)).isNotNull();
      }
    }
    assertThat(statuses).allMatch(status -> status == 200 || status == 503);
  }

  @Test
  void aStoppingGatewayIsNotReadyRefusesWhatIsNewAndEndsWhatRuns() throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(folder);
        HttpClient client = HttpClient.newHttpClient()) {
      List<CompletableFuture<HttpResponse<String>>> running =
          IntStream.range(0, 40)
              .mapToObj(i -> client.sendAsync(ask(gateway), BodyHandlers.ofString()))
              .toList();
      await()
          .atMost(ofMinutes(2))
          .pollInterval(ofMillis(1))
          .until(() -> running.stream().anyMatch(CompletableFuture::isDone));

      gateway.beginToTerminate();
      HttpRequest ready = HttpRequest.newBuilder(gateway.uri("/q/health/ready")).build();
      long limit = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(500);
      while (client.send(ready, BodyHandlers.discarding()).statusCode() == 200) {
        assertThat(System.nanoTime()).as("readiness is down at once").isLessThan(limit);
      }
      HttpResponse<String> refused = client.send(ask(gateway), BodyHandlers.ofString());

      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.body()).contains("draining");
      assertThat(refused.headers().firstValue("Retry-After")).isPresent();
      for (CompletableFuture<HttpResponse<String>> one : running) {
        HttpResponse<String> answer = one.get(30, TimeUnit.SECONDS);
        assertThat(answer.statusCode()).as(answer.body()).isIn(200, 503);
        if (answer.statusCode() == 200) {
          assertThat(answer.body()).contains("\"finish_reason\":\"length\"");
        }
      }
      assertThat(gateway.terminate()).isEqualTo(TERMINATED);
    }
  }

  /** Repeats a request until the connection fails; returns the failure. */
  private static IOException chat(HttpClient client, HttpRequest ask, List<Integer> statuses)
      throws InterruptedException {
    while (true) {
      try {
        statuses.add(client.send(ask, BodyHandlers.ofString()).statusCode());
      } catch (IOException unreachable) {
        return unreachable;
      }
    }
  }

  private HttpRequest ask(GatewayProcess gateway) {
    String body =
        """
        {"messages": [{"role": "user", "content": "How was the song?"}], "max_tokens": 100,
         "logit_bias": {"2": -100}}
        """;
    return HttpRequest.newBuilder(gateway.uri("/generate"))
        .header("Authorization", "Bearer " + gateway.key("chat"))
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private Process bench(Path out) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                List.of(
                    Path.of("whetstone").toAbsolutePath().toString(),
                    "bench",
                    "--model=tiny-reviews",
                    "--batch=8",
                    "--context=64",
                    "--prompt=64",
                    "--repeats=100000"))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    builder
        .environment()
        .put("WHETSTONE_HOME", Path.of("target", "test-models").toAbsolutePath().toString());
    return builder.start();
  }
}
