package dev.whetstone.gateway.generate;

import static dev.whetstone.gateway.RunningGateway.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whetstone.database.Database;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.testing.OwnHome;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** During a duel one arm answers a conversation, and nothing but its text can tell which. */
@QuarkusTest
@Tag("own")
@TestProfile(OwnHome.class)
class BlindAnswersTest extends ReadyGateway {
  private static final int CONVERSATIONS = 60;

  @Inject Database database;

  private String hash = "";

  /** Which version wrote an answer, and the duel that it was drawn for. */
  private record Kept(String hash, @Nullable String duel) {}

  @BeforeEach
  void startADuel() throws Exception {
    PolicyRecord row = BlindPairsTest.openDuel(serving.model(), database);
    hash = row.hash();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> kept(ask("probe", "Hi", "").path("id")).duel() != null);
  }

  @AfterEach
  void endTheDuel() {
    BlindPairsTest.endDuel(serving.model().rollouts());
  }

  @Test
  void oneArmAnswersAConversation() {
    Set<String> arms = new HashSet<>();
    for (int i = 0; i < CONVERSATIONS; i++) {
      String user = "sticky-" + i;
      String first = kept(ask(user, "How was the film?", "").path("id")).hash();
      String again = kept(ask(user, "How was the film?", "").path("id")).hash();
      String later =
          kept(as(
                      "chat",
                      """
                          {"model": "default", "user": "%s", "max_tokens": 4, "messages": [
                            {"role": "user", "content": "How was the film?"},
                            {"role": "assistant", "content": "Fine."},
                            {"role": "user", "content": "And the end?"}]}
                          """
                          .formatted(user))
                  .post("/v1/chat/completions")
                  .path("id"))
              .hash();
      assertThat(Set.of(first)).contains(again, later);
      arms.add(first);
    }
    assertThat(arms).hasSize(2).contains(hash);
  }

  /** Whoever names a version or a seed, or leaves little to chance, would tell the arms apart. */
  @Test
  void whatCouldBeAskedForAgainIsTheChampions() {
    for (String more :
        List.of(
            ", \"policy\": \"champion\"",
            ", \"policy\": \"v0\"",
            ", \"seed\": 7",
            ", \"temperature\": 0",
            ", \"top_k\": 1",
            ", \"logit_bias\": {\"5\": 50}",
            ", \"choices\": [\"good\", \"bad\"]")) {
      for (int i = 0; i < 6; i++) {
        Kept kept = kept(ask("named-" + i, "Hi", more).path("id"));
        assertThat(kept.hash()).as(more).isNotEqualTo(hash);
        assertThat(kept.duel()).as(more).isNull();
      }
    }
    for (int i = 0; i < 6; i++) {
      Response scored =
          as(
                  "chat",
                  """
                  {"model": "default", "user": "scored-%d", "max_tokens": 4, "logprobs": true,
                    "messages": [{"role": "user", "content": "Hi"}]}
                  """
                      .formatted(i))
              .post("/v1/chat/completions");
      assertThat(scored.statusCode()).as("a refusal would tell the arm").isEqualTo(200);
      assertThat(kept(scored.path("id")).duel()).isNull();
    }
  }

  @Test
  void whatAnAnswerShowsBesideItsTextTellsNoArm() {
    Map<String, Integer> right = new TreeMap<>();
    Map<Boolean, Set<String>> forms = new HashMap<>();
    for (int i = 0; i < CONVERSATIONS; i++) {
      Response answer = ask("shown-" + i, "How was the meal?", "");
      String id = answer.path("id");
      boolean candidate = kept(id).hash().equals(hash);
      Map<String, ?> body = answer.jsonPath().getMap("$");
      Map<String, ?> usage = answer.jsonPath().getMap("usage");
      forms
          .computeIfAbsent(candidate, _ -> new HashSet<>())
          .add(body.keySet() + " " + usage.keySet() + " " + answer.path("policy"));
      assertThat(answer.asString()).doesNotContain(hash).doesNotContain("cached");
      Map.of(
              "parity of the id", id.hashCode() % 2 == 0,
              "parity of the headers", answer.headers().toString().hashCode() % 2 == 0,
              "parity of the user's number", i % 2 == 0)
          .forEach((name, guess) -> right.merge(name, guess == candidate ? 1 : 0, Integer::sum));
    }

    assertThat(forms).hasSize(2);
    assertThat(forms.get(true)).hasSize(1).isEqualTo(forms.get(false));
    right.forEach(
        (name, count) ->
            assertThat(BlindPairsTest.chance(count, CONVERSATIONS))
                .as("%s is right %d times of %d", name, count, CONVERSATIONS)
                .isGreaterThan(1e-4));
  }

  private static Response ask(String user, String question, String more) {
    return as(
            "chat",
            """
            {"messages": [{"role": "user", "content": "%s"}], "user": "%s", "max_tokens": 6%s}
            """
                .formatted(question, user, more))
        .post("/generate");
  }

  /** An answer is kept a little after it was given. */
  private Kept kept(String id) {
    return await()
        .atMost(Duration.ofSeconds(10))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .until(
            () ->
                database.list(
                    row -> new Kept(row.getString(1), row.getString(2)),
                    "SELECT hash, rollout_id FROM answers WHERE completion_id = ?",
                    id),
            rows -> !rows.isEmpty())
        .getFirst();
  }
}
