package dev.whetstone.gateway.events;

import static dev.whetstone.gateway.RunningGateway.as;
import static dev.whetstone.gateway.RunningGateway.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.preference.Choice;
import dev.whetstone.preference.PreferenceLog;
import dev.whetstone.preference.TestPairs;
import dev.whetstone.preference.VoteRequest;
import dev.whetstone.security.RandomIds;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Events over HTTP. */
@QuarkusTest
class EventsTest extends ReadyGateway {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  @TestHTTPResource("/events")
  @Nullable URI events;

  @Inject PreferenceLog log;

  @Test
  void votesAreToldAndAClientGoesOnWhereItWas() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      List<String> first = new CopyOnWriteArrayList<>();
      try (InputStream _ = follow(client, null, first)) {
        await().atMost(LIMIT).until(() -> first.contains(": "));
        vote();
        await().atMost(LIMIT).until(() -> first.contains("event: votes"));
      }
      assertThat(first).anyMatch(line -> line.startsWith("data: {\"votes\":1,\"a\":1,"));
      assertThat(String.join("\n", first)).doesNotContain("secret").doesNotContain("v0");
      String id =
          first.stream().filter(line -> line.startsWith("id: ")).toList().getLast().substring(4);
      vote();
      List<String> second = new CopyOnWriteArrayList<>();
      try (InputStream _ = follow(client, id, second)) {
        await().atMost(LIMIT).until(() -> second.contains("event: votes"));
      }
      assertThat(second).anyMatch(line -> line.startsWith("data: {\"votes\":1,"));
    }
  }

  @Test
  void othersAreRefused() {
    as("chat", null).get("/events").then().statusCode(403);
    as("rater", null).get("/events").then().statusCode(403);
    as("operator", null).get("/events?after=yesterday").then().statusCode(400);
    as("operator", null).get("/events?since=1.1.1").then().statusCode(400);
  }

  private InputStream follow(HttpClient client, @Nullable String after, List<String> lines)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(Objects.requireNonNull(events))
            .header("Authorization", "Bearer " + key("operator"));
    if (after != null) {
      request.header("Last-Event-ID", after);
    }
    HttpResponse<InputStream> answer =
        client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    InputStream body = answer.body();
    Thread.ofVirtual()
        .start(
            () -> {
              try (var reader =
                  new java.io.BufferedReader(
                      new java.io.InputStreamReader(body, StandardCharsets.UTF_8))) {
                reader.lines().forEach(lines::add);
              } catch (java.io.IOException | java.io.UncheckedIOException closed) {
                lines.add("closed");
              }
            });
    return body;
  }

  private void vote() {
    String pair = RandomIds.generate("pair");
    log.storePair(TestPairs.of(pair, "chat_1", "secret", Instant.now().plusSeconds(3600)));
    log.vote(
        new VoteRequest(
            RandomIds.generate("pref"),
            pair,
            "chat_1",
            null,
            new Choice.A(),
            "secret",
            List.of(),
            null));
  }
}
