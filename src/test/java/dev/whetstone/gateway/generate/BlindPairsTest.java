package dev.whetstone.gateway.generate;

import static dev.whetstone.gateway.RunningGateway.as;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.gateway.policies.OperatedVersions;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.rollout.Cause;
import dev.whetstone.rollout.Rollout;
import dev.whetstone.rollout.RolloutMode;
import dev.whetstone.rollout.RolloutStatus;
import dev.whetstone.rollout.Rollouts;
import dev.whetstone.rollout.Transition;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.testing.OwnHome;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** During a duel, a chat key cannot learn which version wrote which side before it votes. */
@QuarkusTest
@Tag("own")
@TestProfile(OwnHome.class)
class BlindPairsTest extends ReadyGateway {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ChangeContext BY = new ChangeContext("test", "a duel");

  @Inject Database database;

  private String candidate = "";
  private String hash = "";

  @BeforeEach
  void startADuel() throws Exception {
    PolicyRecord row = openDuel(serving.model(), database);
    candidate = row.version();
    hash = row.hash();
    await()
        .atMost(Duration.ofSeconds(15))
        .until(() -> writers(pair("").<String>path("pair_id")).size() == 2);
  }

  /** Sets a new version against v0 in all pairs; returns its row. */
  static PolicyRecord openDuel(ServedModel model, Database database) throws Exception {
    PolicyRouter policies = model.policies();
    Rollouts rollouts = model.rollouts();
    PolicyRecord row = policies.store().find(OperatedVersions.imported(77)).orElseThrow();
    PolicyRecord champion = policies.store().find("v0").orElseThrow();
    database.transaction(
        connection -> {
          policies.aliases().rollBack(connection, "v0", BY);
          Rollout duel =
              rollouts
                  .store()
                  .open(connection, row, champion, RolloutMode.MANUAL, 1.0, BY)
                  .orElseThrow();
          policies.aliases().setCandidate(connection, row.version(), BY);
          return rollouts
              .store()
              .transition(
                  connection,
                  duel,
                  new Transition(RolloutStatus.DUELLING, Cause.GATE, "a duel"),
                  BY.actor());
        });
    return row;
  }

  @AfterEach
  void endTheDuel() {
    endDuel(serving.model().rollouts());
  }

  static void endDuel(Rollouts rollouts) {
    rollouts.store().active().ifPresent(active -> rollouts.cancel(active, BY));
  }

  @Test
  void eitherVersionIsOnEitherSide() {
    Set<List<String>> orders = new HashSet<>();
    for (int i = 0; i < 40 && orders.size() < 2; i++) {
      orders.add(writers(pair("").<String>path("pair_id")));
    }
    assertThat(orders)
        .containsExactlyInAnyOrder(List.of("v0", candidate), List.of(candidate, "v0"));
  }

  @Test
  void theOrderOfAStreamRevealsNothing() throws Exception {
    Set<String> writersOfTheFirstPiece = new HashSet<>();
    for (int i = 0; i < 40 && writersOfTheFirstPiece.size() < 2; i++) {
      String stream = pair(", \"stream\": true").asString();
      revealsNothing(stream);
      String side = JSON.readTree(data(stream, 0)).path("side").asText();
      JsonNode done =
          JSON.readTree(
              data(stream, stream.lines().filter(l -> l.startsWith("data: ")).count() - 1));
      List<String> writers = writers(done.path("pair_id").asText());
      writersOfTheFirstPiece.add(writers.get(side.equals("a") ? 0 : 1));
    }
    assertThat(writersOfTheFirstPiece).containsExactlyInAnyOrder("v0", candidate);
  }

  @Test
  void onlyAnOperatorSeesTheVersions() {
    Response pair = pair("");
    String id = pair.path("pair_id");
    revealsNothing(pair.asString() + pair.headers());

    for (Response refused :
        List.of(
            as("chat", vote(id, "a", "somebody else")).post("/preferences"),
            as("rater", vote(id, "a", "anna")).post("/preferences"),
            as("chat", vote(id, "c", "anna")).post("/preferences"),
            as("chat", null).get("/preferences"),
            as("chat", null).get("/preferences/next"),
            as("chat", null).get("/preferences/summary"),
            as("chat", null).get("/rollouts"),
            as("chat", null).get("/policies"),
            as("chat", null).get("/audit"))) {
      assertThat(refused.statusCode()).isIn(400, 403, 404);
      revealsNothing(refused.asString() + refused.headers());
    }
    assertThat(given().get("/q/metrics").asString()).doesNotContain(id).doesNotContain(hash);

    Response rated;
    do {
      rated = as("rater", null).get("/preferences/next?user=kim");
      assertThat(rated.statusCode()).isEqualTo(200);
      revealsNothing(rated.asString() + rated.headers());
    } while (!rated.path("pair_id").equals(id));

    Response voted = as("chat", vote(id, "a", "anna")).post("/preferences");
    assertThat(voted.statusCode()).isEqualTo(201);
    revealsNothing(voted.asString() + voted.headers());
    Response log = as("operator", null).get("/preferences?user=anna&order=newest&limit=1");
    assertThat(log.<String>path("items[0].pair_id")).isEqualTo(id);
    assertThat(
            List.of(
                log.<String>path("items[0].policies.a"), log.<String>path("items[0].policies.b")))
        .isEqualTo(writers(id));
  }

  @Test
  void otherNamesAreForbiddenWhetherTheyExistOrNot() {
    Set<String> answers = new HashSet<>();
    for (String name : List.of("candidate", "previous", candidate, hash, "v999", "nobody")) {
      Response generated =
          as("chat", "{\"prompt\": \"How\", \"max_tokens\": 2, \"policy\": \"%s\"}".formatted(name))
              .post("/generate");
      Response completed =
          as("chat", "{\"prompt\": \"How\", \"max_tokens\": 2, \"model\": \"%s\"}".formatted(name))
              .post("/v1/completions");
      Response listed = as("chat", null).get("/v1/models/" + name);
      answers.add(
          generated.statusCode() + generated.asString() + completed.asString() + listed.asString());
      assertThat(completed.statusCode()).isEqualTo(403);
      assertThat(listed.statusCode()).isEqualTo(403);
    }
    assertThat(answers).hasSize(1).allMatch(answer -> answer.startsWith("403"));
    Response models = as("chat", null).get("/v1/models");
    revealsNothing(models.asString().replace("\"v0\"", ""));
    as("chat", "{\"prompt\": \"How\", \"max_tokens\": 2, \"policy\": \"v0\"}")
        .post("/generate")
        .then()
        .statusCode(200);
  }

  @Test
  void noPairThatCouldBeAskedForAgainIsInADuel() {
    for (String more :
        List.of(
            ", \"seed\": 7",
            ", \"policy\": \"v0\"",
            ", \"policy\": \"champion\"",
            ", \"temperature\": 0",
            ", \"temperature\": 0.3",
            ", \"top_k\": 1",
            ", \"top_p\": 0.01",
            ", \"min_p\": 1",
            ", \"logit_bias\": {\"5\": 50}",
            ", \"learn\": false")) {
      for (int i = 0; i < 5; i++) {
        assertThat(writers(pair(more).<String>path("pair_id"))).as(more).containsExactly("v0");
      }
    }
  }

  @Test
  void aSeedGivesAPairAgainButNotItsTextAlone() {
    List<String> pairs = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Response pair = pair(", \"seed\": 7, \"temperature\": 2");
      pairs.add(pair.<String>path("a.text") + "|" + pair.<String>path("b.text"));
    }
    String alone =
        as("chat", "{\"prompt\": \"How\", \"max_tokens\": 6, \"seed\": 7, \"temperature\": 2}")
            .post("/generate")
            .path("completion.text");
    assertThat(pairs.get(0)).isEqualTo(pairs.get(1)).doesNotStartWith(alone + "|");
  }

  /**
   * An attacker's guesses of the champion's side, from all that an answer shows beside its text.
   */
  @Test
  void whatAnAnswerShowsTellsNoSide() throws Exception {
    int rounds = 60;
    Map<String, Integer> right = new TreeMap<>();
    for (int i = 0; i < rounds; i++) {
      Response answer = pair(", \"stream\": true");
      String stream = answer.asString();
      JsonNode done =
          JSON.readTree(
              data(stream, stream.lines().filter(l -> l.startsWith("data: ")).count() - 1));
      String first = JSON.readTree(data(stream, 0)).path("side").asText();
      String second = JSON.readTree(data(stream, 1)).path("side").asText();
      boolean championIsA = writers(done.path("pair_id").asText()).getFirst().equals("v0");
      Map<String, Boolean> guesses =
          Map.of(
              "order of the first piece", first.equals("a"),
              "order of the second piece", second.equals("a"),
              "parity of the id", done.path("pair_id").asText().hashCode() % 2 == 0,
              "parity of the time", done.path("expires_at").asText().hashCode() % 2 == 0,
              "parity of the headers", answer.headers().toString().hashCode() % 2 == 0,
              "size of the stream", stream.length() % 2 == 0,
              "tokens in all", done.at("/usage/completion_tokens").asInt() % 2 == 0);
      guesses.forEach((name, a) -> right.merge(name, a == championIsA ? 1 : 0, Integer::sum));
    }

    right.forEach(
        (name, count) ->
            assertThat(chance(count, rounds))
                .as("%s is right %d times of %d", name, count, rounds)
                .isGreaterThan(1e-4));
  }

  /**
   * An attacker who asks for single answers of the names that it may use, with seeds of its own and
   * with the settings of a pair, or sends headers, fields and several sizes with the pair.
   */
  @Test
  void whatAnAttackerAsksBesideAPairTellsNoSide() {
    List<String> asks =
        List.of(
            "",
            ", \"max_tokens\": 1",
            ", \"max_tokens\": 40",
            ", \"metadata\": {\"policy\": \"candidate\"}",
            ", \"temperature\": 5",
            ", \"top_k\": 5",
            ", \"stop\": [\"zebra\"]",
            ", \"learn\": true");
    int rounds = 80;
    Map<String, Integer> right = new TreeMap<>();
    int inDuel = 0;
    for (int i = 0; i < rounds; i++) {
      Response pair = pair(asks.get(i % asks.size()), i);
      String id = pair.path("pair_id");
      List<String> writers = writers(id);
      if (writers.size() < 2) {
        continue;
      }
      inDuel++;
      boolean championIsA = writers.getFirst().equals("v0");
      String a = pair.path("a.text");
      String b = pair.path("b.text");
      Map<String, Boolean> guesses = new TreeMap<>();
      for (String name : List.of("champion", "v0")) {
        for (long seed : new long[] {0, i, 7, -1}) {
          String alone = single(name, seed);
          guesses.put(name + " with seed, else a", a.equals(alone) || !b.equals(alone));
        }
      }
      guesses.put("parity of what is asked next", single("champion", i).hashCode() % 2 == 0);
      guesses.put("parity of the size", pair.asString().length() % 2 == 0);
      guesses.put("parity of the request id", pair.header("X-Request-Id").hashCode() % 2 == 0);
      guesses.put("finish reasons", pair.path("a.finish_reason").equals("length"));
      guesses.forEach(
          (name, guess) -> right.merge(name, guess == championIsA ? 1 : 0, Integer::sum));
    }

    int tried = inDuel;
    assertThat(tried).isGreaterThan(rounds / 2);
    right.forEach(
        (name, count) ->
            assertThat(chance(count, tried))
                .as("%s is right %d times of %d", name, count, tried)
                .isGreaterThan(1e-4));
  }

  private static Response pair(String more, int round) {
    String limit = more.contains("max_tokens") ? "" : ", \"max_tokens\": 6";
    return as(
            "chat",
            "{\"prompt\": \"How\", \"pair\": true, \"user\": \"anna\"%s%s}".formatted(limit, more))
        .header("X-Request-Id", "attack-" + round)
        .header("X-Policy", "candidate")
        .header("Accept-Language", round % 2 == 0 ? "de" : "en")
        .post("/generate");
  }

  private static String single(String name, long seed) {
    return as(
            "chat",
            "{\"prompt\": \"How\", \"max_tokens\": 6, \"policy\": \"%s\", \"seed\": %d, \"temperature\": 0.8}"
                .formatted(name, seed))
        .post("/generate")
        .path("completion.text");
  }

  /** Exact two-sided binomial test of even odds. */
  static double chance(int right, int rounds) {
    double probability = Math.pow(0.5, rounds);
    double tail = 0;
    for (int k = 0; k <= Math.min(right, rounds - right); k++) {
      tail += probability;
      probability *= (double) (rounds - k) / (k + 1);
    }
    return Math.min(1, 2 * tail);
  }

  private void revealsNothing(String text) {
    assertThat(text)
        .doesNotContain("polic")
        .doesNotContain("cached")
        .doesNotContain("\"v0\"")
        .doesNotContain("\"" + candidate + "\"")
        .doesNotContain(hash);
  }

  private static Response pair(String more) {
    return as(
            "chat",
            "{\"prompt\": \"How\", \"pair\": true, \"max_tokens\": 6, \"user\": \"anna\"%s}"
                .formatted(more))
        .post("/generate");
  }

  private static String vote(String pair, String choice, String user) {
    return "{\"pair_id\": \"%s\", \"choice\": \"%s\", \"user\": \"%s\"}"
        .formatted(pair, choice, user);
  }

  private static String data(String stream, long place) {
    return stream
        .lines()
        .filter(line -> line.startsWith("data: "))
        .skip(place)
        .findFirst()
        .orElseThrow()
        .substring(6);
  }

  /** The versions that wrote a and b; one version if it wrote both. */
  private List<String> writers(String pairId) {
    return database
        .statement(
            connection ->
                Sql.first(
                    connection,
                    row -> List.of(row.getString(1), row.getString(2)),
                    "SELECT policy_a, policy_b FROM pairs WHERE pair_id = ?",
                    pairId))
        .orElseThrow()
        .stream()
        .distinct()
        .toList();
  }
}
