package dev.whetstone;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 of trainer, gateway or PostgreSQL at a random moment between the votes and the promotion.
 * {@code -Dwhetstone.kill.rounds=30} plays more rounds, {@code -Dwhetstone.kill.seed} other
 * moments.
 */
class KilledLoopIT {
  private static final int ROUNDS = Integer.getInteger("whetstone.kill.rounds", 3);
  private static final int VOTES = 24;
  private static final Duration LIMIT = Duration.ofMinutes(3);

  private static final Map<String, String> SETTINGS =
      Map.ofEntries(
          Map.entry("WHETSTONE_MODEL", "tiny-reviews"),
          Map.entry("WHETSTONE_TRAINER_VOTES", Integer.toString(VOTES)),
          Map.entry("WHETSTONE_TRAINER_POLL", "PT0.3S"),
          Map.entry("WHETSTONE_TRAINER_CHECKPOINT_EVERY", "PT0.2S"),
          Map.entry("WHETSTONE_TRAINER_REPLAY", "0"),
          Map.entry(
              "WHETSTONE_TRAINER_SETTINGS",
              "{\"learning_rate\": 0.002, \"batch_size\": 4, \"epochs\": 3, \"eval_share\": 0.2,"
                  + " \"kl_budget\": 100}"),
          Map.entry("WHETSTONE_ROLLOUT_POLL", "PT0.3S"),
          Map.entry("WHETSTONE_ROLLOUT_MODE", "automatic"),
          // what is learned is not the question here: every gate lets through
          Map.entry("WHETSTONE_ROLLOUT_GATE_LEAST_PAIRS", "1"),
          Map.entry("WHETSTONE_ROLLOUT_GATE_PERPLEXITY", "1000"),
          Map.entry("WHETSTONE_ROLLOUT_GATE_KL_BUDGET", "1000"),
          Map.entry("WHETSTONE_ROLLOUT_GATE_SHORTEST", "0.1"),
          Map.entry("WHETSTONE_ROLLOUT_GATE_LONGEST", "10"));

  /** What a round kills. */
  private enum Victim {
    TRAINER,
    GATEWAY,
    POSTGRES
  }

  @TempDir Path home;
  private final Set<String> votes = new HashSet<>();
  private @Nullable LocalGateway gateway;

  @Test
  void theLoopSurvivesEveryDeath() throws Exception {
    long seed = Long.getLong("whetstone.kill.seed", 7);
    SplittableRandom random = new SplittableRandom(seed);
    List<String> told = new ArrayList<>();
    start();
    for (int round = 0; round < ROUNDS; round++) {
      Victim victim = Victim.values()[round % Victim.values().length];
      castVotes(round);
      int millis = random.nextInt(6_000);
      Thread.sleep(millis);
      kill(victim);
      String outcome = settle(round + 1);
      told.add("%s after %d ms: %s".formatted(victim, millis, outcome));
      System.out.println("round " + (round + 1) + ": " + told.getLast());
      oneChampion();
      everyVoteIsThere();
    }
    assertThat(told).as("seed " + seed).hasSize(ROUNDS);
  }

  @AfterEach
  void stop() {
    if (gateway != null) {
      gateway.close();
    }
  }

  private void start() throws Exception {
    gateway = LocalGateway.start(LocalGateway.command(), home, SETTINGS);
  }

  private LocalGateway gateway() {
    return Objects.requireNonNull(gateway);
  }

  private void castVotes(int round) throws Exception {
    int cast = 0;
    for (int i = 0; cast < VOTES; i++) {
      String user = "user-" + round + "-" + i % 8;
      String prompt =
          List.of("How was the film?", "How was the meal?", "Tell me about the book.").get(i % 3);
      JsonNode pair =
          gateway()
              .posted(
                  "chat",
                  "/generate",
                  Map.of(
                      "messages",
                      List.of(Map.of("role", "user", "content", prompt)),
                      "user",
                      user,
                      "pair",
                      true,
                      "max_tokens",
                      40));
      String choice = Praise.choice(pair.at("/a/text").asText(), pair.at("/b/text").asText());
      JsonNode vote =
          gateway()
              .posted(
                  "chat",
                  "/preferences",
                  Map.of("pair_id", pair.path("pair_id").asText(), "user", user, "choice", choice));
      votes.add(vote.path("preference_id").asText());
      cast += choice.equals("tie") ? 0 : 1;
    }
  }

  private void kill(Victim victim) throws Exception {
    switch (victim) {
      case TRAINER -> {
        gateway()
            .process()
            .descendants()
            .filter(child -> child.info().commandLine().orElse("").contains("--with-parent"))
            .forEach(ProcessHandle::destroyForcibly);
      }
      case GATEWAY -> {
        gateway().process().destroyForcibly().waitFor();
        start();
      }
      case POSTGRES -> {
        long pid =
            Long.parseLong(
                Files.readAllLines(home.resolve("postgres/data/postmaster.pid"))
                    .getFirst()
                    .strip());
        ProcessHandle server = ProcessHandle.of(pid).orElseThrow();
        server.descendants().forEach(ProcessHandle::destroyForcibly);
        server.destroyForcibly();
      }
    }
  }

  /** Waits until the round's run and its rollout have ended; how they did. */
  private String settle(int runs) throws Exception {
    Instant limit = Instant.now().plus(LIMIT);
    while (Instant.now().isBefore(limit)) {
      try {
        JsonNode all = gateway().get("operator", "/training/runs?limit=1000").path("items");
        JsonNode run = all.path(0);
        String status = run.path("status").asText("");
        if (all.size() >= runs && Set.of("failed", "cancelled").contains(status)) {
          return status + ", " + run.path("reason").asText();
        }
        JsonNode rollout = gateway().get("operator", "/rollouts").at("/items/0");
        if (all.size() >= runs
            && status.equals("succeeded")
            && rollout.path("run_id").asText("").equals(run.path("id").asText())
            && !rollout.path("ended_at").isNull()) {
          return "taken up %d times, %s"
              .formatted(run.path("attempts").asInt(), rollout.path("status").asText());
        }
      } catch (IOException away) {
        // the database is coming back
      }
      Thread.sleep(250);
    }
    throw new AssertionError("nothing settled: " + Files.readString(home.resolve("gateway.log")));
  }

  private void oneChampion() throws Exception {
    long champions =
        gateway()
            .get("operator", "/policies?limit=1000")
            .path("items")
            .findValues("aliases")
            .stream()
            .filter(aliases -> aliases.toString().contains("champion"))
            .count();
    assertThat(champions).isEqualTo(1);
  }

  private void everyVoteIsThere() throws Exception {
    Set<String> kept = new HashSet<>();
    String cursor = "";
    while (cursor != null) {
      JsonNode page = gateway().get("operator", "/preferences?limit=200" + cursor);
      page.path("items").findValues("preference_id").forEach(id -> kept.add(id.asText()));
      cursor = page.path("next").isNull() ? null : "&cursor=" + page.path("next").asText();
    }
    assertThat(kept).containsAll(votes);
  }
}
