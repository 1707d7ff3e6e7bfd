package dev.whetstone.scenario;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.lab.LabGateway;
import dev.whetstone.testing.LoopMoment;
import dev.whetstone.testing.PostgresFaults;
import dev.whetstone.testing.StorySettings;
import dev.whetstone.testing.Voters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills trainer, gateway or PostgreSQL with SIGKILL between the start of a run and the swap that
 * ends it, while users vote. {@code -Dwhetstone.kill.rounds=15} kills every victim in every moment,
 * {@code -Dwhetstone.kill.seed} chooses other instants.
 */
class KilledLoopIT {
  private static final int ROUNDS = Integer.getInteger("whetstone.kill.rounds", 4);
  private static final int VOTES = 100;
  private static final Duration LIMIT = Duration.ofMinutes(6);
  private static final Duration PAUSE_IN_DUEL = Duration.ofMillis(250);

  private static final Map<String, String> SETTINGS = settings();

  /** The moments of successive rounds; with three victims 15 rounds make every combination. */
  private static final List<LoopMoment> AIMS =
      List.of(
          LoopMoment.SWAPPING,
          LoopMoment.TRAINING,
          LoopMoment.DECIDING,
          LoopMoment.GATING,
          LoopMoment.DUELLING);

  /** A run of the tiny model lasts seconds: it must have a checkpoint when it is killed. */
  private static Map<String, String> settings() {
    Map<String, String> settings = StorySettings.product();
    settings.put("WHETSTONE_TRAINER_CHECKPOINT_EVERY", "PT0.2S");
    return settings;
  }

  /** The process that a round kills. */
  private enum Victim {
    TRAINER,
    GATEWAY,
    POSTGRES
  }

  /** An ended run and its rollout. */
  private record Outcome(JsonNode run, @Nullable JsonNode rollout) {
    String summary() {
      return rollout == null
          ? run.path("status").asText() + ", " + run.path("reason").asText()
          : "taken up %d times, %s, %s"
              .formatted(
                  run.path("attempts").asInt(),
                  rollout.path("status").asText(),
                  rollout.path("reason").asText());
    }

    boolean promoted() {
      return rollout != null && rollout.path("status").asText().equals("promoted");
    }
  }

  @TempDir Path home;
  private volatile @Nullable LabGateway gateway;
  private @Nullable Voters voters;

  @Test
  void theLoopSurvivesEveryDeath() throws Exception {
    long seed = Long.getLong("whetstone.kill.seed", 7);
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Integer> kills = new TreeMap<>();
    int promotions = 0;
    gateway = LabGateway.start(LabGateway.command(), home, SETTINGS);
    Voters users = new Voters(this::gateway);
    voters = users;
    for (int round = 0; round < ROUNDS; round++) {
      Instant begun = Instant.now();
      Victim victim = Victim.values()[round % Victim.values().length];
      users.setPause(Duration.ZERO);
      users.awaitDecided(VOTES);
      users.setPause(PAUSE_IN_DUEL);
      String run = gateway().postForJson("trainer", "/training/runs", Map.of()).path("id").asText();
      LoopMoment aim = AIMS.get(round % AIMS.size());
      LoopMoment seen = await(run, aim, aim.delay(random));
      Instant killed = Instant.now();
      kill(victim);
      Outcome outcome = awaitOutcome(run);
      LoopMoment moment = LoopMoment.at(killed, outcome.run(), outcome.rollout(), seen);
      kills.merge(moment + " " + victim, 1, Integer::sum);
      promotions += outcome.promoted() ? 1 : 0;
      System.out.printf(
          "round %d, %d s: %s killed while %s (aimed at %s): %s%n",
          round + 1,
          Duration.between(begun, Instant.now()).toSeconds(),
          victim,
          moment,
          aim,
          outcome.summary());
      String champion = outcome.promoted() ? outcome.run().path("policy").asText() : "v0";
      assertChampion(champion);
      assertEveryVoteIsStoredOnce(users.acknowledged());
      assertThat(users.unexpected()).as("seed " + seed).isEmpty();
      if (outcome.promoted()) {
        gateway().postForJson("operator", "/rollback", Map.of("reason", "the next round"));
        assertChampion("v0");
      }
    }
    System.out.printf("%d promotions; kills: %s%n", promotions, kills);
    assertThat(promotions).as("seed %d: %s", seed, kills).isGreaterThan(ROUNDS / 2);
  }

  @AfterEach
  void stop() {
    if (voters != null) {
      voters.close();
    }
    if (gateway != null) {
      gateway().close();
    }
  }

  private LabGateway gateway() {
    return Objects.requireNonNull(gateway);
  }

  /** Waits for a moment and then for a delay; returns the moment reached. */
  private LoopMoment await(String run, LoopMoment moment, int delay) throws Exception {
    Instant limit = Instant.now().plus(LIMIT);
    while (now(run).compareTo(moment) < 0) {
      assertThat(Instant.now()).as(moment + " is not reached").isBefore(limit);
      Thread.sleep(10);
    }
    Thread.sleep(delay);
    return now(run);
  }

  private LoopMoment now(String run) throws Exception {
    return LoopMoment.now(
        gateway().get("operator", "/training/runs/" + run), rolloutOf(run), Instant.now());
  }

  private @Nullable JsonNode rolloutOf(String run) throws Exception {
    JsonNode newest = gateway().get("operator", "/rollouts?limit=1").at("/items/0");
    return newest.path("run_id").asText("").equals(run) ? newest : null;
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
        gateway = gateway().restart();
      }
      case POSTGRES -> new PostgresFaults(home).kill();
    }
  }

  /** Waits until a run and its rollout have ended. */
  private Outcome awaitOutcome(String id) throws Exception {
    Instant limit = Instant.now().plus(LIMIT);
    while (Instant.now().isBefore(limit)) {
      try {
        JsonNode run = gateway().get("operator", "/training/runs/" + id);
        if (Set.of("failed", "cancelled").contains(run.path("status").asText())) {
          return new Outcome(run, null);
        }
        JsonNode rollout = rolloutOf(id);
        if (rollout != null && !rollout.path("ended_at").isNull()) {
          return new Outcome(run, rollout);
        }
      } catch (IOException unavailable) {
        // the database is restarting
      }
      Thread.sleep(100);
    }
    throw new AssertionError(
        "the run or its rollout did not end: " + Files.readString(home.resolve("gateway.log")));
  }

  /** Checks the champion in the rows, in what gateways report, and in who writes answers. */
  private void assertChampion(String version) throws Exception {
    JsonNode page = gateway().get("operator", "/policies?limit=1000");
    List<String> champions = new ArrayList<>();
    for (JsonNode policy : page.path("items")) {
      if (policy.path("aliases").toString().contains("champion")) {
        champions.add(policy.path("version").asText());
      }
    }
    assertThat(champions).containsExactly(version);
    Awaitility.await("the gateway follows")
        .atMost(ofSeconds(5))
        .until(() -> writer().equals(version));
  }

  private String writer() throws Exception {
    return gateway()
        .postForJson("operator", "/generate", Map.of("prompt", "The film", "max_tokens", 1))
        .path("policy")
        .asText();
  }

  private void assertEveryVoteIsStoredOnce(List<String> acknowledged) throws Exception {
    List<String> kept = new ArrayList<>();
    List<String> pairs = new ArrayList<>();
    String cursor = "";
    while (cursor != null) {
      JsonNode page = gateway().get("operator", "/preferences?limit=1000" + cursor);
      page.path("items").findValues("preference_id").forEach(id -> kept.add(id.asText()));
      page.path("items").findValues("pair_id").forEach(id -> pairs.add(id.asText()));
      cursor = page.path("next").isNull() ? null : "&cursor=" + page.path("next").asText();
    }
    assertThat(kept).containsAll(acknowledged);
    assertThat(pairs).doesNotHaveDuplicates();
  }
}
