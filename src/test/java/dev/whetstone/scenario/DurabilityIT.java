package dev.whetstone.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.database.Sql;
import dev.whetstone.preference.PreferenceLog;
import dev.whetstone.preference.TestPairs;
import dev.whetstone.security.KeyFormat;
import dev.whetstone.security.Role;
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
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills the gateway, PostgreSQL or both at random moments while 200 users vote: every acknowledged
 * vote is stored exactly once, and every pair completely. {@code -Dwhetstone.kill-rounds=20} for
 * more rounds.
 */
class DurabilityIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ROUNDS = Integer.getInteger("whetstone.kill-rounds", 4);
  private static final int USERS = 200;
  private static final int VOTES_EACH = 5;
  private static final Duration TIMEOUT = Duration.ofSeconds(90);

  /** Kills one or more processes. */
  @FunctionalInterface
  private interface Kill {
    void run() throws InterruptedException;
  }

  @TempDir Path home;

  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, String> acknowledged = new ConcurrentHashMap<>();
  private final Set<String> shown = ConcurrentHashMap.newKeySet();

  @Test
  void whatWasAcknowledgedSurvivesEveryKill() throws Exception {
    long seed = Long.getLong("whetstone.kill-seed", System.nanoTime());
    Random random = new Random(seed);
    try (GatewayProcess gateway = GatewayProcess.start(home)) {
      String key = gateway.key("chat");
      int duringVotes = 0;
      for (int round = 0; round < ROUNDS; round++) {
        int survivors = round(gateway, key, random, round);
        duringVotes += survivors < USERS * VOTES_EACH ? 1 : 0;
        System.out.printf(
            "round %d (seed %d): %d votes acknowledged before the kill, all %d stored after it%n",
            round, seed, survivors, acknowledged.size());
      }
      assertThat(duringVotes)
          .as("kills while votes were out, seed %d", seed)
          .isGreaterThan(ROUNDS / 2);
    }
    assertThat(home.resolve("postgres/data/postmaster.pid")).as("stopped").doesNotExist();
  }

  private int round(GatewayProcess gateway, String key, Random random, int round) throws Exception {
    List<String> pairs = seed(key, round);
    Kill kill = prepareKill(gateway, round);
    int before = acknowledged.size();
    int atKill;
    try (var voters = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int user = 0; user < USERS; user++) {
        List<String> own = pairs.subList(user * VOTES_EACH, (user + 1) * VOTES_EACH);
        running.add(
            voters.submit(() -> own.forEach(pair -> voteUntilAcknowledged(gateway, key, pair))));
      }
      running.add(voters.submit(() -> askForPairs(gateway, key)));
      // kill at a random count of votes rather than a time, which depends on the machine
      int mark = before + 1 + random.nextInt(USERS * VOTES_EACH * 3 / 4);
      while (acknowledged.size() < mark && running.stream().anyMatch(voter -> !voter.isDone())) {
        Thread.sleep(1);
      }
      kill.run();
      atKill = acknowledged.size() - before;
      if (!gateway.isAlive()) {
        gateway.restart();
      }
      for (Future<?> voter : running) {
        voter.get();
      }
    }
    assertThat(acknowledged).containsKeys(pairs.toArray(String[]::new));
    check();
    return atKill;
  }

  /**
   * Prepares a round's kill before the votes, because looking up processes takes longer than they
   * do.
   */
  private Kill prepareKill(GatewayProcess gateway, int round) throws IOException {
    Runnable postgres = new PostgresFaults(home).prepareKill();
    return switch (round % 3) {
      case 0 -> gateway::kill;
      case 1 -> postgres::run;
      default ->
          () -> {
            postgres.run();
            gateway.kill();
          };
    };
  }

  /** Pairs of this round's users, stored as /generate stores them. */
  private List<String> seed(String key, int round) {
    try (Database database = new Database(DatabaseConfig.of(home, null))) {
      var log = new PreferenceLog(database, InstantSource.system());
      String keyId = KeyFormat.id(Role.CHAT, KeyFormat.hash(key));
      Instant tomorrow = Instant.now().plus(Duration.ofDays(1));
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < USERS * VOTES_EACH; i++) {
        String id = "pair_%d_%d".formatted(round, i);
        log.storePair(TestPairs.of(id, keyId, "user " + i / VOTES_EACH, tomorrow));
        ids.add(id);
      }
      return ids;
    }
  }

  // As a client without an answer does: repeats the same vote until it is acknowledged.
  private void voteUntilAcknowledged(GatewayProcess gateway, String key, String pair) {
    String body = "{\"pair_id\": \"%s\", \"choice\": \"%s\"}".formatted(pair, choice(pair));
    Instant limit = Instant.now().plus(TIMEOUT);
    while (Instant.now().isBefore(limit)) {
      try {
        HttpResponse<String> answer = post(gateway, key, "/preferences", body);
        if (answer.statusCode() == 200 || answer.statusCode() == 201) {
          acknowledged.put(pair, JSON.readTree(answer.body()).path("preference_id").asText());
          return;
        }
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
        Thread.sleep(100);
      } catch (IOException | InterruptedException down) {
        pause();
      }
    }
    throw new AssertionError("a vote on " + pair + " was not acknowledged in " + TIMEOUT);
  }

  private void askForPairs(GatewayProcess gateway, String key) {
    for (int i = 0; i < 20; i++) {
      try {
        HttpResponse<String> answer =
            post(
                gateway,
                key,
                "/generate",
                "{\"prompt\": \"How\", \"pair\": true, \"max_tokens\": 8}");
        if (answer.statusCode() == 200) {
          shown.add(JSON.readTree(answer.body()).path("pair_id").asText());
        }
      } catch (IOException | InterruptedException down) {
        pause();
      }
    }
  }

  private HttpResponse<String> post(GatewayProcess gateway, String key, String path, String body)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(gateway.uri(path))
            .timeout(Duration.ofSeconds(20))
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private static String choice(String pair) {
    return pair.hashCode() % 2 == 0 ? "a" : "b";
  }

  private record Kept(String preferenceId, String pairId, String choice) {}

  private void check() {
    try (Database database = new Database(DatabaseConfig.of(home, null))) {
      List<Kept> kept =
          database.statement(
              connection ->
                  Sql.list(
                      connection,
                      row -> new Kept(row.getString(1), row.getString(2), row.getString(3)),
                      "SELECT preference_id, pair_id, choice FROM preferences"));
      assertThat(kept)
          .hasSameSizeAs(acknowledged.keySet())
          .allSatisfy(
              vote -> {
                assertThat(acknowledged).containsEntry(vote.pairId(), vote.preferenceId());
                assertThat(vote.choice()).isEqualTo(choice(vote.pairId()));
              });
      List<String> whole =
          database.statement(
              connection ->
                  Sql.list(
                      connection,
                      row -> row.getString(1),
                      """
                      SELECT pair_id FROM pairs WHERE cardinality(ids_a) = cardinality(logps_a)
                        AND cardinality(ids_b) = cardinality(logps_b) AND cardinality(ids_a) > 0
                        AND cardinality(ids_b) > 0 AND cardinality(prompt_ids) > 0
                      """));
      assertThat(whole).containsAll(shown).containsAll(acknowledged.keySet());
      assertThat(
              database.<Long>statement(
                  connection ->
                      Sql.first(connection, row -> row.getLong(1), "SELECT count(*) FROM pairs")
                          .orElseThrow()))
          .as("every pair is complete")
          .isEqualTo(whole.size());
    }
  }
}
