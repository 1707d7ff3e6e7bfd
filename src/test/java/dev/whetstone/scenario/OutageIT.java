package dev.whetstone.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.testing.GatewayProcess;
import dev.whetstone.testing.PostgresFaults;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway while its PostgreSQL is unavailable or hangs, and after it has recovered. */
class OutageIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PROMPT = Duration.ofSeconds(10);
  private static final Duration HEALING = Duration.ofSeconds(30);
  private static final Duration STARTING = Duration.ofSeconds(90);
  private static final String PAIR = "{\"prompt\": \"How\", \"pair\": true, \"max_tokens\": 4}";
  private static final String PLAIN = "{\"prompt\": \"How\", \"max_tokens\": 4}";

  @TempDir Path home;

  private final HttpClient client = HttpClient.newHttpClient();

  private record Answer(int status, JsonNode body, Duration took) {}

  @Test
  void servingGoesOnWhilePairsAndVotesWaitForTheDatabase() throws Exception {
    PostgresFaults postgres = new PostgresFaults(home);
    try (GatewayProcess gateway = GatewayProcess.start(home)) {
      assertThat(home.resolve("gateway.log"))
          .content()
          .as("a start like any other")
          .doesNotContain(" WARN ", " ERROR ");
      String before = pair(gateway);
      String during = pair(gateway);

      postgres.makeUnavailable();
      refusesWhatNeedsTheDatabase(gateway, during);
      servesPlainAnswers(gateway);
      postgres.makeAvailable();
      recovers(gateway, during);

      postgres.suspend();
      String hanging = vote(before);
      Answer refused = post(gateway, "chat", "/preferences", hanging);
      assertDatabaseUnavailable(refused);
      servesPlainAnswers(gateway);
      assertDatabaseUnavailable(post(gateway, "chat", "/generate", PAIR));
      postgres.resume();
      recovers(gateway, before);
      assertThat(get(gateway, "rater", "/preferences").body().path("items")).hasSize(2);
    }
  }

  @Test
  void aGatewayThatCannotReadItsKeysTakesNone() throws Exception {
    PostgresFaults postgres = new PostgresFaults(home);
    try (GatewayProcess gateway = GatewayProcess.start(home)) {
      String revoked = gateway.key("chat");
      assertThat(post(gateway, "chat", "/generate", PLAIN).status()).isEqualTo(200);
      String id = idOfTheChatKey(gateway);
      assertThat(send(gateway, "operator", "/keys/" + id, "DELETE", null).status()).isEqualTo(204);
      assertThat(gateway.key("chat")).as("it is still in the file").isEqualTo(revoked);

      gateway.kill();
      postgres.makeUnavailable();
      gateway.launchAgain();
      Answer unread = eventually(gateway, "chat", 503, "database_away");
      assertThat(unread.body().path("detail").asText()).contains("database");
      assertDatabaseUnavailable(post(gateway, "operator", "/generate", PLAIN));
      assertThat(get(gateway, "operator", "/q/health/ready").status()).isEqualTo(503);

      postgres.makeAvailable();
      gateway.awaitReady();
      assertThat(post(gateway, "chat", "/generate", PLAIN).status()).isEqualTo(401);
      assertThat(post(gateway, "operator", "/generate", PLAIN).status()).isEqualTo(200);
    }
  }

  /** The keys of the file reach the database after the gateway is ready on a busy machine. */
  private String idOfTheChatKey(GatewayProcess gateway) {
    return await("the chat key")
        .atMost(HEALING)
        .until(
            () ->
                get(gateway, "operator", "/keys").body().path("items").findValues("id").stream()
                    .map(JsonNode::asText)
                    .filter(name -> name.startsWith("chat_"))
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  private void refusesWhatNeedsTheDatabase(GatewayProcess gateway, String pair) throws Exception {
    assertDatabaseUnavailable(post(gateway, "chat", "/preferences", vote(pair)));
    assertDatabaseUnavailable(post(gateway, "chat", "/generate", PAIR));
    assertDatabaseUnavailable(
        post(gateway, "chat", "/generate", PAIR.replace("}", ", \"stream\": true}")));
    assertDatabaseUnavailable(get(gateway, "rater", "/preferences"));
    assertDatabaseUnavailable(get(gateway, "rater", "/preferences?format=jsonl"));
    assertDatabaseUnavailable(get(gateway, "rater", "/preferences/next"));
    assertDatabaseUnavailable(get(gateway, "rater", "/preferences/summary"));
    assertDatabaseUnavailable(get(gateway, "operator", "/audit"));
    assertDatabaseUnavailable(get(gateway, "operator", "/keys"));
    assertDatabaseUnavailable(get(gateway, "operator", "/training/runs"));
    assertDatabaseUnavailable(send(gateway, "operator", "/users/anna/data", "DELETE", null));
  }

  private void servesPlainAnswers(GatewayProcess gateway) throws Exception {
    Answer plain = post(gateway, "chat", "/generate", PLAIN);
    assertThat(plain.status()).as("%s", plain).isEqualTo(200);
    assertThat(plain.took()).isLessThan(PROMPT);
    String chat =
        "{\"model\": \"champion\", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"max_tokens\": 4}";
    assertThat(post(gateway, "chat", "/v1/chat/completions", chat).status()).isEqualTo(200);
    Answer ready = get(gateway, "chat", "/q/health/ready");
    assertThat(ready.status()).isEqualTo(200);
    assertThat(ready.body().toString()).contains("\"state\":\"away\"");
  }

  private void recovers(GatewayProcess gateway, String pair) throws Exception {
    Instant limit = Instant.now().plus(HEALING);
    Answer vote;
    do {
      vote = post(gateway, "chat", "/preferences", vote(pair));
    } while (vote.status() == 503 && Instant.now().isBefore(limit));
    // a vote refused while the database hung may have been committed nevertheless
    assertThat(vote.status()).as("%s", vote).isIn(200, 201);
    pair(gateway);
    // an answer about the database is kept for a second
    await("readiness")
        .atMost(HEALING)
        .until(
            () -> get(gateway, "chat", "/q/health/ready").body().toString().contains("answering"));
  }

  private Answer eventually(GatewayProcess gateway, String role, int status, String code)
      throws Exception {
    Instant limit = Instant.now().plus(STARTING);
    while (true) {
      try {
        Answer answer = post(gateway, role, "/generate", PLAIN);
        if (answer.status() == status && answer.body().path("code").asText().equals(code)) {
          return answer;
        }
        assertThat(answer.status()).as("%s", answer).isEqualTo(503);
      } catch (IOException notYet) {
        // it does not listen yet
      }
      assertThat(Instant.now()).isBefore(limit);
      Thread.sleep(50);
    }
  }

  private static void assertDatabaseUnavailable(Answer answer) {
    assertThat(answer.status()).as("%s", answer).isEqualTo(503);
    assertThat(answer.body().path("code").asText()).isEqualTo("database_away");
    assertThat(answer.took()).isLessThan(PROMPT);
  }

  private String pair(GatewayProcess gateway) throws Exception {
    Answer pair = post(gateway, "chat", "/generate", PAIR);
    assertThat(pair.status()).as("%s", pair).isEqualTo(200);
    return pair.body().path("pair_id").asText();
  }

  private static String vote(String pair) {
    return "{\"pair_id\": \"%s\", \"choice\": \"a\"}".formatted(pair);
  }

  private Answer get(GatewayProcess gateway, String role, String path) throws Exception {
    return send(gateway, role, path, "GET", null);
  }

  private Answer post(GatewayProcess gateway, String role, String path, String body)
      throws Exception {
    return send(gateway, role, path, "POST", body);
  }

  private Answer send(
      GatewayProcess gateway, String role, String path, String method, @Nullable String body)
      throws Exception {
    Instant start = Instant.now();
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(gateway.uri(path))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Bearer " + gateway.key(role))
                .header("Content-Type", "application/json")
                .method(
                    method,
                    body == null
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
    Duration took = Duration.between(start, Instant.now());
    JsonNode read = answer.body().isEmpty() ? JSON.nullNode() : JSON.readTree(answer.body());
    return new Answer(answer.statusCode(), read, took);
  }
}
