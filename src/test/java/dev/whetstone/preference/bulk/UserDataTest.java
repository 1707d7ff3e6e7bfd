package dev.whetstone.preference.bulk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Sql;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.preference.LearningConsent;
import dev.whetstone.preference.LogTest;
import dev.whetstone.training.RunStatus;
import dev.whetstone.training.RunTrigger;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is stored of a user, page by page, and its erasure, on a real PostgreSQL. */
@Tag("database")
class UserDataTest extends LogTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @BeforeEach
  void twoUsers() {
    String first = log.storePair("ann", "1", "x", "y", "v0", "v1");
    log.storePair("ann", "2", "x2", "y2", "v0", "v1");
    String bobs = log.storePair("bob", "3", "x", "y", "v0", "v1");
    log.vote(first, "ann", "a", "short");
    log.vote(bobs, "ann", "tie");
    log.vote(bobs, "bob", "b");
    log.execute(
        "INSERT INTO skips VALUES (?, 'ann', 'ann', 'unclear', now()), (?, 'bob', 'bob', '', now())",
        bobs,
        first);
    log.execute(
        """
        INSERT INTO answers (completion_id, key_id, user_id, prompt, prompt_ids, text, ids, finish,
          policy, hash, base_hash, sampling, created_at, expires_at)
        VALUES ('gen_a', 'ann', 'ann', 'Hi', '{1}', 'one', '{2}', 'stop', 'v0', 'h0', 'base', '{}',
          now(), now())
        """);
    log.execute(
        """
        INSERT INTO ratings (feedback_id, completion_id, key_id, user_id, rating, first_rating,
          recorded_at, first_at)
        VALUES ('feedback_a', 'gen_a', 'ann', 'ann', 'up', 'down', now(), now())
        """);
  }

  @AfterEach
  void noAnswers() {
    log.execute("DELETE FROM answers");
    log.execute("DELETE FROM learning_refusals");
  }

  @Test
  void ratingsOfAUserThatRefusesAreNotUsable() {
    String unusable = "SELECT coalesce(unusable, 'usable') FROM judged_ratings";
    assertThat(log.database.list(row -> row.getString(1), unusable))
        .noneMatch("no_consent"::equals);

    new LearningConsent(log.database).setUser("ann", "ann", false, "asked", "operator_1");

    assertThat(log.database.list(row -> row.getString(1), unusable)).containsExactly("no_consent");
  }

  @Test
  void everythingOfOneUserIsReadInPages() throws Exception {
    for (int limit : List.of(1, 2, 100)) {
      List<JsonNode> items = all("ann", null, limit);
      assertThat(items.stream().map(item -> item.path("type").asText()))
          .containsExactly("pair", "pair", "vote", "vote", "skip", "answer");
      assertThat(items.getFirst().path("prompt").asText()).isEqualTo("<1>");
      assertThat(items.getFirst().at("/messages/0/content").asText()).isEqualTo("1");
      assertThat(items.get(2).at("/tags/0").asText()).isEqualTo("short");
      assertThat(items.get(3).path("choice").asText()).isEqualTo("tie");
      assertThat(items.get(4).path("reason").asText()).isEqualTo("unclear");
      assertThat(items.get(5).path("rating").asText()).isEqualTo("up");
      assertThat(items.toString()).doesNotContain("v1").doesNotContain("bob");
    }
  }

  @Test
  void anotherKeysUserOfThatNameIsSomebodyElse() throws Exception {
    assertThat(all("ann", "chat_9", 10)).isEmpty();
    assertThat(all("ann", "ann", 10)).hasSize(6);
    assertThat(all("nobody", null, 10)).isEmpty();
  }

  @Test
  void afterAnErasureNothingIsLeftNorNamed() throws Exception {
    String vote =
        log.database
            .first(
                row -> row.getString(1),
                "SELECT preference_id FROM preferences WHERE user_id = 'ann' LIMIT 1")
            .orElseThrow();
    log.execute(
        "INSERT INTO training_runs (run_id, base_hash, trigger, requested_by, config, status) VALUES"
            + " ('run_u', 'base', 'call', 'operator_1', '{}', 'succeeded')");
    log.execute("INSERT INTO run_scores VALUES ('run_u', ?, '{-1}', '{-1}', '{-1}', '{-1}')", vote);

    new UserErasure(log.database).erase("ann", null, "operator_1");

    assertThat(all("ann", null, 10)).isEmpty();
    assertThat(all("bob", null, 10)).hasSize(2);
    assertThat(log.database.list(row -> row.getString(1), "SELECT preference_id FROM run_scores"))
        .isEmpty();
    assertThat(
            log.database.list(
                row -> row.getString(1), "SELECT subject || actor || detail FROM audit"))
        .isNotEmpty()
        .noneMatch(line -> line.contains("ann"));
  }

  /** Whichever comes first: the version is named, or it is not made. */
  @Test
  void anErasureWaitsForARunThatStoresItsResult() throws Exception {
    TrainingRunStore runs = new TrainingRunStore(log.database, "base");
    TrainingRun run =
        runs.begin(
            runs.request(RunTrigger.CALL, "{}", new ChangeContext("operator_1", "a test"))
                .run()
                .id());
    log.execute(
        "INSERT INTO run_preferences (run_id, preference_id, user_id)"
            + " SELECT ?, preference_id, user_id FROM preferences WHERE user_id = 'ann'",
        run.id());
    CompletableFuture<UserErasure.Report> erasure = new CompletableFuture<>();

    log.database.transaction(
        connection -> {
          assertThat(runs.unwanted().end(connection, run)).isEmpty();
          var _ =
              erasure.completeAsync(
                  () -> new UserErasure(log.database).erase("ann", null, "operator_1"));
          await().atMost(Duration.ofSeconds(20)).until(this::somebodyWaits);
          Sql.update(
              connection,
              "INSERT INTO aliases (base_hash, revision, champion) VALUES ('base', 1, 0)");
          Sql.update(
              connection,
              "INSERT INTO policies (base_hash, number, hash, status) VALUES ('base', 0, 'h0', 'ready')");
          Sql.update(
              connection,
              "INSERT INTO policies (base_hash, number, hash, rank, alpha, adapter, parent, run_id,"
                  + " status) VALUES ('base', 1, 'h1', 8, 16, '\\x00', 0, ?, 'candidate')",
              run.id());
          return runs.finish(
              connection,
              run.id(),
              RunStatus.SUCCEEDED,
              "v1",
              new ChangeContext("trainer", "done"));
        });

    UserErasure.Report report = erasure.get(20, TimeUnit.SECONDS);
    assertThat(report.policies()).containsExactly("v1");
    assertThat(report.runs()).as("it is over").isEmpty();
  }

  private boolean somebodyWaits() {
    return log.database
        .first(
            row -> row.getBoolean(1),
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND database ="
                + " (SELECT oid FROM pg_database WHERE datname = current_database())"
                + " OR NOT granted AND locktype = 'transactionid')")
        .orElseThrow();
  }

  private static List<JsonNode> all(String user, @Nullable String key, int limit) throws Exception {
    UserData data = new UserData(log.database);
    List<JsonNode> items = new ArrayList<>();
    UserData.Cursor after = UserData.Cursor.START;
    List<UserData.Item> page;
    do {
      page = data.page(user, key, after, limit);
      for (UserData.Item item : page) {
        items.add(JSON.readTree(item.json()));
        after = item.cursor();
      }
      assertThat(items).hasSizeLessThan(100);
    } while (page.size() == limit);
    return items;
  }
}
