package dev.whetstone.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.dpo.PolicyScorer;
import dev.whetstone.dpo.TrainerOptions;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.lab.LabGateway;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.models.AdapterParityCheck;
import dev.whetstone.testing.TinyArchitectures;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A tiny random model of each architecture, with the processes of {@code ./run}: its pairs are
 * voted on over HTTP, a run learns from the votes, and what it made is served as it was trained.
 */
@Tag("long")
class ArchitecturesIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int VOTES = 32;
  private static final int TOKENS = 24;
  private static final Duration LIMIT = Duration.ofMinutes(5);

  /** Random models have no language that a version could unlearn, so that nobody promotes it. */
  private static final Map<String, String> SETTINGS =
      Map.of(
          "WHETSTONE_TRAINER_VOTES", "0",
          "WHETSTONE_TRAINER_POLL", "PT0.5S",
          "WHETSTONE_SERVING_POLL", "PT0.5S",
          "WHETSTONE_ROLLOUT_MODE", "manual",
          "WHETSTONE_ROLLOUT_GATE_PROMPTS", "4",
          "WHETSTONE_ROLLOUT_GATE_MAX_TOKENS", "16");

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("dev.whetstone.testing.TinyArchitectures#names")
  void votesOverHttpTrainAVersionThatIsServedAsItWasTrained(String name) throws Exception {
    Path source = TinyArchitectures.directory(name, folder.resolve(name));
    Map<String, String> settings = new HashMap<>(SETTINGS);
    settings.put("WHETSTONE_MODEL", source.toString());
    try (LabGateway gateway =
        LabGateway.start(LabGateway.command(), folder.resolve("home"), settings)) {
      vote(gateway);

      JsonNode run = train(gateway);

      String version = run.path("policy").asText();
      assertThat(exportCheck(gateway, run)).isEqualTo("pass");
      List<TokenPair> pairs = pairs(gateway, run.path("id").asText());
      assertThat(margin(gateway, version, pairs)).isPositive();
      assertServedAsTrained(gateway, version, pairs);
      assertThat(answer(gateway, version, 1)).isEqualTo(answer(gateway, version, 1));
    }
  }

  /** Prefers the answer with more of the letter e; equal ones are not voted on. */
  private static void vote(LabGateway gateway) throws Exception {
    int votes = 0;
    for (int i = 0; votes < VOTES; i++) {
      assertThat(i).as("pairs that differ are seldom").isLessThan(20 * VOTES);
      Map<String, Object> ask = ask(i);
      ask.put("pair", true);
      ask.put("user", "user-" + i);
      JsonNode pair = gateway.postForJson("chat", "/generate", ask);
      int compared = Long.compare(liked(pair.path("a")), liked(pair.path("b")));
      if (compared != 0) {
        gateway.postForJson(
            "chat",
            "/preferences",
            Map.of(
                "pair_id",
                pair.path("pair_id").asText(),
                "user",
                "user-" + i,
                "choice",
                compared > 0 ? "a" : "b"));
        votes++;
      }
    }
  }

  private static long liked(JsonNode answer) {
    return answer.path("text").asText().chars().filter(letter -> letter == 'e').count();
  }

  private static Map<String, Object> ask(int number) {
    return new HashMap<>(
        Map.of(
            "messages",
            List.of(Map.of("role", "user", "content", "How was meal number " + number + "?")),
            "temperature",
            1,
            "max_tokens",
            TOKENS));
  }

  private static JsonNode answer(LabGateway gateway, String version, int seed) throws Exception {
    Map<String, Object> ask = ask(seed);
    ask.put("policy", version);
    ask.put("seed", seed);
    return gateway.postForJson("operator", "/generate", ask).path("completion");
  }

  private static JsonNode train(LabGateway gateway) throws Exception {
    String run =
        gateway
            .postForJson(
                "trainer",
                "/training/runs",
                Map.of("config", Map.of("epochs", 3, "learning_rate", 1e-3)))
            .path("id")
            .asText();
    Instant limit = Instant.now().plus(LIMIT);
    while (true) {
      JsonNode now = gateway.get("operator", "/training/runs/" + run);
      if (now.path("status").asText().equals("succeeded")) {
        return now;
      }
      assertThat(now.path("status").asText()).as(now.toString()).isIn("queued", "running");
      assertThat(Instant.now()).as(now.toString()).isBefore(limit);
      Thread.sleep(200);
    }
  }

  /** The gate's verdict on how far the engine is from the trainer. */
  private static String exportCheck(LabGateway gateway, JsonNode run) throws Exception {
    Instant limit = Instant.now().plus(LIMIT);
    while (true) {
      JsonNode rollout = gateway.get("operator", "/rollouts?limit=1").at("/items/0");
      for (JsonNode criterion : rollout.path("gate")) {
        if (criterion.path("name").asText().equals("export_difference")) {
          assertThat(rollout.path("run_id")).isEqualTo(run.path("id"));
          return criterion.path("verdict").asText();
        }
      }
      assertThat(Instant.now()).as(rollout.toString()).isBefore(limit);
      Thread.sleep(200);
    }
  }

  private static List<TokenPair> pairs(LabGateway gateway, String run) throws Exception {
    String lines = gateway.getText("trainer", "/training/runs/" + run + "/pairs");
    return lines
        .lines()
        .map(ArchitecturesIT::json)
        .filter(line -> line.path("part").asText().equals("train"))
        .map(
            line ->
                new TokenPair(
                    line.path("preference_id").asText(),
                    ids(line.path("prompt_ids")),
                    ids(line.path("chosen_ids")),
                    ids(line.path("rejected_ids")),
                    1))
        .toList();
  }

  private static JsonNode json(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException unreadable) {
      throw new AssertionError(line, unreadable);
    }
  }

  private static int[] ids(JsonNode ids) {
    return StreamSupport.stream(ids.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  /** How much more reward, in the mean, a version gives to the chosen answers. */
  private static double margin(LabGateway gateway, String version, List<TokenPair> pairs)
      throws Exception {
    double sum = 0;
    for (TokenPair pair : pairs) {
      sum +=
          reward(gateway, version, pair.prompt(), pair.chosen())
              - reward(gateway, version, pair.prompt(), pair.rejected());
    }
    return sum / pairs.size();
  }

  private static double reward(LabGateway gateway, String version, int[] prompt, int[] completion)
      throws Exception {
    return gateway
        .postForJson(
            "operator",
            "/score",
            Map.of("policy", version, "prompt_ids", prompt, "completion_ids", completion))
        .path("reward")
        .asDouble();
  }

  /** The adapter as it is downloaded, in the trainer's network and in the served graphs. */
  private void assertServedAsTrained(LabGateway gateway, String version, List<TokenPair> pairs)
      throws Exception {
    LoraAdapter adapter =
        gateway.adapter(version, Files.createDirectories(folder.resolve("adapter")));
    ModelDirectory model = model(gateway);
    TrainerOptions exact = TrainerOptions.exact(2, InstantSource.system(), "test");
    List<PairLogps> trained =
        new PolicyScorer(model, exact, TrainConfig.plain().batch()).score(adapter, pairs);

    AdapterParityCheck check = AdapterParityCheck.measure(model, adapter, pairs, trained, 2);

    assertThat(check.passed()).as(check.toJson()).isTrue();
    assertThat(
            trained.stream()
                .mapToDouble(pair -> Math.abs(pair.chosen().logRatio()))
                .max()
                .orElse(0))
        .as("the adapter changes nothing")
        .isGreaterThan(10 * AdapterParityCheck.TOLERANCE);
  }

  private static ModelDirectory model(LabGateway gateway) throws IOException {
    try (var models = Files.list(gateway.home().resolve("models"))) {
      return ModelDirectory.open(models.filter(Files::isDirectory).findFirst().orElseThrow());
    }
  }
}
