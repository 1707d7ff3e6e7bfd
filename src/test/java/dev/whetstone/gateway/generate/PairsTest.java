package dev.whetstone.gateway.generate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Database;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.gateway.RunningGateway;
import dev.whetstone.testing.CapturedLog;
import dev.whetstone.testing.TablesOwner;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.io.IOException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What POST /generate stores of a pair. */
@QuarkusTest
class PairsTest extends ReadyGateway {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Inject Database database;

  @Test
  void aPairIsStoredBeforeItIsShown() throws IOException {
    Response answer =
        RunningGateway.as(
                "chat",
                """
                {"messages": [{"role": "user", "content": "How was the song?"}], "pair": true,
                 "seed": 7, "user": "anna", "metadata": {"page": "\\u0000 \\ud800"}}
                """)
            .post("/generate");

    assertThat(answer.statusCode()).isEqualTo(200);
    JsonPath body = answer.jsonPath();
    JsonNode row = stored(body.getString("pair_id"));
    assertThat(row.path("user_id").asText()).isEqualTo("anna");
    assertThat(row.path("key_id").asText()).startsWith("chat_");
    assertThat(row.path("prompt").asText()).contains("How was the song?");
    assertThat(row.path("prompt_ids")).hasSize(13);
    assertThat(row.path("text_a").asText()).isEqualTo(body.getString("a.text"));
    assertThat(row.path("text_b").asText()).isEqualTo(body.getString("b.text"));
    assertThat(row.path("logps_a")).hasSameSizeAs(row.path("ids_a"));
    assertThat(row.path("logps_b")).hasSameSizeAs(row.path("ids_b"));
    assertThat(row.path("policy_a").asText()).isEqualTo("v0");
    assertThat(row.path("hash_b").asText()).isEqualTo(row.path("base_hash").asText()).hasSize(64);
    assertThat(row.at("/sampling/temperature").isNumber()).isTrue();
    assertThat(row.at("/sampling/seed_a").asLong())
        .isNotEqualTo(row.at("/sampling/seed_b").asLong());
    assertThat(row.at("/messages/0/content").asText()).isEqualTo("How was the song?");
  }

  @Test
  void aPairIsSampledAtItsOwnTemperatureUnlessTheRequestNamesOne() throws IOException {
    String question = "{\"prompt\": \"How\", \"pair\": true, \"max_tokens\": 4%s}";
    JsonPath unnamed =
        RunningGateway.as("chat", question.formatted("")).post("/generate").jsonPath();
    JsonPath named =
        RunningGateway.as("chat", question.formatted(", \"temperature\": 0.3"))
            .post("/generate")
            .jsonPath();

    assertThat(stored(unnamed.getString("pair_id")).at("/sampling/temperature").asDouble())
        .isEqualTo(0.8);
    assertThat(stored(named.getString("pair_id")).at("/sampling/temperature").asDouble())
        .isEqualTo(0.3);
  }

  @Test
  void aStreamedPairIsStoredBeforeItIsDone() throws IOException {
    String stream =
        RunningGateway.as(
                "chat",
                "{\"prompt\": \"<|im_start|>user\\nHow\", \"pair\": true, \"stream\": true, \"max_tokens\": 9}")
            .post("/generate")
            .asString();

    JsonNode done = JSON.readTree(stream.substring(stream.lastIndexOf("data: ") + 6));
    JsonNode row = stored(done.path("pair_id").asText());
    assertThat(row.path("text_a")).isEqualTo(done.at("/a/text"));
    assertThat(row.path("user_id")).isEqualTo(row.path("key_id"));
  }

  /** Such as one that takes too long: the stream has begun with a 200 by then. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "/generate | \"prompt\": \"How\"",
        "/v1/chat/completions | \"messages\": [{\"role\": \"user\", \"content\": \"How?\"}]"
      })
  void aStreamedPairThatTheDatabaseRefusesEndsWithTheProblem(String route, String body) {
    TablesOwner.update(database, "ALTER TABLE pairs RENAME TO pairs_away");
    List<String> events;
    try (CapturedLog log = CapturedLog.of(PairService.class)) {
      Response answer =
          RunningGateway.as("chat", "{%s, \"pair\": true, \"stream\": true}".formatted(body))
              .post(route);
      assertThat(answer.statusCode()).isEqualTo(200);
      events = answer.asString().lines().filter(line -> line.startsWith("data: ")).toList();
      assertThat(log.complaints())
          .extracting(CapturedLog.Line::message)
          .containsExactly("a streamed pair could not be kept");
    } finally {
      TablesOwner.update(database, "ALTER TABLE pairs_away RENAME TO pairs");
    }

    assertThat(events.getLast()).contains("database_slow");
    assertThat(events).noneMatch(event -> event.contains("[DONE]"));
  }

  private JsonNode stored(String pairId) throws IOException {
    String row =
        database.statement(
            connection -> {
              try (PreparedStatement select =
                  connection.prepareStatement(
                      "SELECT row_to_json(pairs) FROM pairs WHERE pair_id = ?")) {
                select.setString(1, pairId);
                try (ResultSet found = select.executeQuery()) {
                  assertThat(found.next()).as("%s is stored", pairId).isTrue();
                  return found.getString(1);
                }
              }
            });
    return JSON.readTree(row);
  }
}
