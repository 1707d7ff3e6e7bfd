package dev.whetstone.dpo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A recorded training run, mostly TRL's: settings, pairs, adapters and the metrics of each step.
 */
public record GoldenRun(Path folder, JsonNode run) {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static GoldenRun read(String name) throws IOException {
    return read(Path.of("src/test/resources/golden", name));
  }

  static GoldenRun read(Path folder) throws IOException {
    return new GoldenRun(folder, JSON.readTree(folder.resolve("run.json").toFile()));
  }

  TrainConfig config() {
    return config(JSON.createObjectNode());
  }

  /** The run's settings, some of them replaced. */
  TrainConfig config(JsonNode changed) {
    ObjectNode settings = run.deepCopy();
    settings.setAll((ObjectNode) changed);
    settings.remove(List.of("per_step", "losses", "moved"));
    return TrainConfigFile.read(settings.toString(), TrainConfig.plain());
  }

  public List<TokenPair> pairs() {
    JsonNode pairs = run.path("pairs");
    return IntStream.range(0, pairs.size())
        .mapToObj(
            i ->
                new TokenPair(
                    "pair-" + i,
                    ids(pairs.get(i).path("prompt_ids")),
                    ids(pairs.get(i).path("chosen_ids")),
                    ids(pairs.get(i).path("rejected_ids")),
                    1))
        .toList();
  }

  public LoraAdapter adapter(String file) throws IOException {
    return PeftFiles.read(
        Files.readAllBytes(folder.resolve(file)),
        run.path("lora_rank").asInt(),
        run.path("lora_alpha").asDouble());
  }

  /** The numbers of a list. */
  public static int[] ids(JsonNode node) {
    return IntStream.range(0, node.size()).map(i -> node.get(i).asInt()).toArray();
  }
}
