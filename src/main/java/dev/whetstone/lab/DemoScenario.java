package dev.whetstone.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** The six steps of the demo. Each is printed as it happens, and every claim is checked. */
public final class DemoScenario {
  /** Votes that start the training. */
  public static final int VOTES = 200;

  private static final int USERS = 40;
  private static final int SAMPLES = 48;
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private static final List<String> PROMPTS = Crowd.REVIEW_QUESTIONS;

  private final LabGateway gateway;
  private final Consumer<String> out;
  private int pairs;

  public DemoScenario(LabGateway gateway, Consumer<String> out) {
    this.gateway = gateway;
    this.out = out;
  }

  /**
   * Runs the demo.
   *
   * @throws IllegalStateException when a step does not have the expected result
   */
  public void run() throws IOException, InterruptedException {
    out.accept("\n1. v0 serves. Some of its answers:");
    List<String> before = printSamples();

    out.accept(
        "\n2. %d simulated users chat, see two answers each time and prefer praise."
            .formatted(USERS));
    int votes = 0;
    while (votes < VOTES) {
      votes += vote() ? 1 : 0;
    }
    out.accept(
        "   %d of %d pairs had a better side; the others were ties.".formatted(votes, pairs));

    out.accept("\n3. The votes start a training run by themselves.");
    JsonNode run = awaitTraining();
    String version = run.path("policy").asText();

    out.accept(
        "\n4. The gate measures " + version + ", then it duels with v0 for the users' votes.");
    playDuel(version);

    out.accept("\n5. " + version + " serves. The same questions with the same seeds:");
    List<String> after = printSamples();
    require(
        SentimentScore.mean(after) > SentimentScore.mean(before) + 0.2,
        "the answers did not change visibly");

    out.accept("\n6. An operator rolls back.");
    gateway.postForJson("operator", "/rollback", Map.of("reason", "the demo is over"));
    List<String> restored = printSamples();
    require(restored.equals(before), "v0's answers did not come back");
    out.accept("   They are the same, word for word.");
  }

  private List<String> printSamples() throws IOException, InterruptedException {
    List<String> texts = new ArrayList<>();
    String policy = "";
    for (int i = 0; i < SAMPLES; i++) {
      JsonNode answer =
          gateway.postForJson(
              // an operator is told which version answers
              "operator",
              "/generate",
              Map.of(
                  "messages",
                  List.of(Map.of("role", "user", "content", PROMPTS.get(i % PROMPTS.size()))),
                  "seed",
                  i,
                  "temperature",
                  1,
                  "max_tokens",
                  64));
      policy = answer.path("policy").asText();
      texts.add(answer.at("/completion/text").asText());
    }
    for (int i = 0; i < 4; i++) {
      out.accept("   " + PROMPTS.get(i) + " -> " + texts.get(i).strip());
    }
    out.accept(
        String.format(
            Locale.ROOT,
            "   Praise of %d answers by %s, from -1 to 1: %.2f",
            SAMPLES,
            policy,
            SentimentScore.mean(texts)));
    return texts;
  }

  /** One user asks and votes; true when one side was better. */
  private boolean vote() throws IOException, InterruptedException {
    String user = "user-" + pairs % USERS;
    String prompt = PROMPTS.get(pairs / USERS % PROMPTS.size());
    pairs++;
    JsonNode pair =
        gateway.postForJson(
            "chat",
            "/generate",
            Map.of(
                "messages",
                List.of(Map.of("role", "user", "content", prompt)),
                "user",
                user,
                "pair",
                true,
                "temperature",
                1,
                "max_tokens",
                64));
    String choice = SentimentScore.choice(pair.at("/a/text").asText(), pair.at("/b/text").asText());
    gateway.postForJson(
        "chat",
        "/preferences",
        Map.of("pair_id", pair.path("pair_id").asText(), "user", user, "choice", choice));
    return !choice.equals("tie");
  }

  private JsonNode awaitTraining() throws IOException, InterruptedException {
    Instant limit = Instant.now().plus(LIMIT);
    int printed = 0;
    while (Instant.now().isBefore(limit)) {
      JsonNode run = gateway.get("operator", "/training/runs").at("/items/0");
      int step = run.at("/metrics/step").asInt(0);
      if (step >= printed + 10) {
        printed = step;
        out.accept(
            String.format(
                Locale.ROOT,
                "   step %d: loss %.3f, accuracy %.2f",
                step,
                run.at("/metrics/loss").asDouble(),
                run.at("/metrics/rewards~1accuracies").asDouble()));
      }
      String status = run.path("status").asText("");
      if (status.equals("succeeded")) {
        out.accept(
            "   %s: %d pairs, %d held out, %s -> %s"
                .formatted(
                    run.path("id").asText(),
                    run.path("pairs").asInt(),
                    run.path("held_out").asInt(),
                    run.path("reason").asText(),
                    run.path("policy").asText()));
        return run;
      }
      require(
          Set.of("", "queued", "running").contains(status),
          "the run " + status + ": " + run.path("reason").asText());
      Thread.sleep(200);
    }
    throw new IllegalStateException("no run succeeded within " + LIMIT);
  }

  private void playDuel(String version) throws IOException, InterruptedException {
    Instant limit = Instant.now().plus(LIMIT);
    boolean gatePrinted = false;
    while (Instant.now().isBefore(limit)) {
      JsonNode rollout = gateway.get("operator", "/rollouts").at("/items/0");
      if (!gatePrinted && !rollout.path("gate").isEmpty()) {
        gatePrinted = true;
        rollout.path("gate").forEach(this::printCriterion);
      }
      switch (rollout.path("status").asText("")) {
        case "", "queued", "gating" -> Thread.sleep(200);
        case "duelling" -> {
          for (int i = 0; i < 10; i++) {
            vote();
          }
        }
        case "promoted" -> {
          JsonNode duel = rollout.path("duel");
          out.accept(
              String.format(
                  Locale.ROOT,
                  "   %s won %d to %d, evidence %.0f: promoted.",
                  version,
                  duel.path("wins").asInt(),
                  duel.path("losses").asInt(),
                  duel.path("evidence").asDouble()));
          return;
        }
        default ->
            throw new IllegalStateException(
                version
                    + " was not promoted: "
                    + rollout.path("status").asText()
                    + ", "
                    + rollout.path("reason").asText());
      }
    }
    throw new IllegalStateException(version + " got no decision within " + LIMIT);
  }

  private void printCriterion(JsonNode row) {
    out.accept(
        String.format(
            Locale.ROOT,
            "   %-18s %8.3f  %-12s %s",
            row.path("name").asText(),
            row.path("number").asDouble(),
            row.path("verdict").asText(),
            row.path("threshold").asText()));
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalStateException(message);
    }
  }
}
