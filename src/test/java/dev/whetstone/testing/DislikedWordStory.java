package dev.whetstone.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.lab.LabGateway;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * Forty votes of a user who dislikes a word, the run that they start, its version's promotion and
 * the operator's return to the base, at a gateway process.
 */
public final class DislikedWordStory {
  private static final Pattern WORD = Pattern.compile("\\bwith\\b", Pattern.CASE_INSENSITIVE);
  public static final int VOTES = 40;
  private static final int AT_ONCE = 8;

  private static final List<String> ASKED =
      List.of(
          "cat",
          "dog",
          "garden",
          "city",
          "forest",
          "river",
          "house",
          "horse",
          "beach",
          "market",
          "teacher",
          "ship",
          "mountain",
          "lake",
          "village",
          "castle");

  /** Subjects without votes. */
  private static final List<String> UNSEEN =
      List.of(
          "bird", "farm", "bridge", "island", "kitchen", "library", "desert", "doctor", "tree",
          "street", "tower", "boat", "valley", "fox", "park", "sailor");

  private final LabGateway gateway;
  private final int tokens;
  private final int samples;
  private final Duration limit;

  /**
   * Prepares the story.
   *
   * @param tokens the longest answer
   * @param samples answers that each version gives to questions without votes
   * @param limit for the training run
   */
  public DislikedWordStory(LabGateway gateway, int tokens, int samples, Duration limit) {
    this.gateway = gateway;
    this.tokens = tokens;
    this.samples = samples;
    this.limit = limit;
  }

  /** How often the word was used before, with the new version, and after the return. */
  public record Outcome(Sample before, Sample after, Sample restored) {}

  /**
   * Settings with which a gateway trains once on the votes and leaves promotion to the operator.
   */
  public static Map<String, String> settings(String model) {
    return Map.of(
        "WHETSTONE_MODEL", model,
        "WHETSTONE_TRAINER_VOTES", Integer.toString(VOTES),
        "WHETSTONE_TRAINER_POLL", "PT0.5S",
        "WHETSTONE_SERVING_POLL", "PT0.5S",
        "WHETSTONE_ROLLOUT_GATE_PROMPTS", "8",
        "WHETSTONE_ROLLOUT_GATE_MAX_TOKENS", "48",
        "WHETSTONE_ROLLOUT_MODE", "manual");
  }

  /** Plays it, and prints what came of it. */
  public Outcome play() throws Exception {
    Instant begun = Instant.now();
    fixPairs();
    Sample before = sample("v0");
    vote();
    String version = trained();
    gateway.postForJson("operator", "/policies/" + version + "/promote", Map.of());
    Sample after = sample(version);
    gateway.postForJson("operator", "/rollback", Map.of("reason", "the word is missed"));
    Sample restored = sample("v0");
    System.out.printf(
        "%d answers: 'with' %d times before, %d after %d votes, %d after the rollback; %d s%n",
        before.texts().size(),
        before.uses(),
        after.uses(),
        VOTES,
        restored.uses(),
        Duration.between(begun, Instant.now()).toSeconds());
    return new Outcome(before, after, restored);
  }

  /** Answers to fixed questions with fixed seeds. */
  public record Sample(List<String> texts) {
    /** Times that the word occurs. */
    public int uses() {
      return texts.stream().mapToInt(text -> (int) WORD.matcher(text).results().count()).sum();
    }
  }

  /**
   * Pairs follow from the database's secret, which is random: with one that is known, forty votes
   * are the same forty in each run.
   */
  private void fixPairs() throws Exception {
    String url = EmbeddedAddress.of(gateway.home());
    try (Database database = new Database(DatabaseConfig.of(gateway.home(), url))) {
      assertThat(TablesOwner.update(database, "UPDATE pair_secret SET secret = 'disliked word'"))
          .isOne();
    }
  }

  private Sample sample(String writer) throws Exception {
    List<Callable<String>> asks = new ArrayList<>();
    for (int i = 0; i < samples; i++) {
      Map<String, Object> ask = new HashMap<>(ask(UNSEEN.get(i % UNSEEN.size()), i, false));
      // only operators are told which version wrote an answer, and they name no users
      ask.remove("user");
      asks.add(
          () -> {
            JsonNode answer = gateway.postForJson("operator", "/generate", ask);
            assertThat(answer.path("policy").asText()).isEqualTo(writer);
            return answer.at("/completion/text").asText();
          });
    }
    return new Sample(all(asks));
  }

  private Map<String, Object> ask(String thing, int seed, boolean pair) {
    return Map.of(
        "messages",
        List.of(Map.of("role", "user", "content", "Describe a " + thing + ".")),
        "seed",
        seed,
        "pair",
        pair,
        "user",
        "user-" + seed % 20,
        "temperature",
        0.8,
        "max_tokens",
        tokens);
  }

  /** Prefers the side without the word; a pair with it on both or neither is a tie. */
  private void vote() throws Exception {
    AtomicInteger left = new AtomicInteger(VOTES);
    for (int first = 0; left.get() > 0; first += AT_ONCE) {
      List<Callable<String>> votes = new ArrayList<>();
      for (int i = first; i < first + AT_ONCE; i++) {
        int number = i;
        votes.add(() -> vote(number, left));
      }
      all(votes);
    }
  }

  private String vote(int number, AtomicInteger left) throws Exception {
    Map<String, Object> ask = ask(ASKED.get(number % ASKED.size()), 1_000 + number, true);
    JsonNode pair = gateway.postForJson("chat", "/generate", ask);
    boolean a = WORD.matcher(pair.at("/a/text").asText()).find();
    boolean b = WORD.matcher(pair.at("/b/text").asText()).find();
    if (a == b || left.getAndDecrement() <= 0) {
      return "tie";
    }
    String choice = a ? "b" : "a";
    gateway.postForJson(
        "chat",
        "/preferences",
        Map.of(
            "pair_id", pair.path("pair_id").asText(), "user", ask.get("user"), "choice", choice));
    return choice;
  }

  /** Waits for the run that the votes start; its version. */
  private String trained() throws Exception {
    JsonNode rollout =
        await("the gate's measures")
            .atMost(limit)
            .pollInterval(Duration.ofMillis(500))
            .until(
                () -> {
                  JsonNode run = run();
                  assertThat(run.path("status").asText())
                      .as(run.toString())
                      .isNotIn("failed", "cancelled");
                  return gateway.get("operator", "/rollouts").at("/items/0");
                },
                newest -> !newest.path("gate").isEmpty());
    // the gate's measures are printed but not checked: in manual mode the operator decides
    System.out.println("the gate: " + rollout.path("gate"));
    return run().path("policy").asText();
  }

  private JsonNode run() throws Exception {
    return gateway.get("operator", "/training/runs").at("/items/0");
  }

  private static <T> List<T> all(List<Callable<T>> work) throws Exception {
    Semaphore room = new Semaphore(AT_ONCE);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> open = new ArrayList<>();
      for (Callable<T> one : work) {
        open.add(
            threads.submit(
                () -> {
                  room.acquire();
                  try {
                    return one.call();
                  } finally {
                    room.release();
                  }
                }));
      }
      List<T> done = new ArrayList<>();
      for (Future<T> one : open) {
        done.add(one.get());
      }
      return done;
    }
  }
}
