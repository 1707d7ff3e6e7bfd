package dev.whetstone.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.app.JavaProcess;
import dev.whetstone.io.Sha256;
import dev.whetstone.lab.LabGateway;
import dev.whetstone.models.CachedModelFile;
import dev.whetstone.models.ModelOpener;
import dev.whetstone.models.QuantizationKl;
import dev.whetstone.testing.DislikedWordStory;
import dev.whetstone.testing.ForwardRun;
import dev.whetstone.text.Message;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.weights.GgufFile;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real default model, imported as {@code ./run} imports it: its numbers are those of gguf,
 * Transformers and llama.cpp, and it learns from votes. Skipped where its file cannot be had.
 */
@Tag("default-model")
class RealDefaultModelIT {
  private static final String NAME = "qwen2.5-coder-0.5b-instruct";
  private static final Path GOLDEN = Path.of("src/test/resources/golden/qwen2.5-coder-0.5b");

  /** llama.cpp rounds activations to float16 in every product with its F16 weights. */
  private static final double LLAMA_NOISE = 0.02;

  private static final int SLOT = 256;
  private static final int ROWS_AT_ONCE = 8192;

  @TempDir static Path home;
  private static Path file;
  private static ModelDirectory model;

  @BeforeAll
  static void importModel() throws Exception {
    try {
      file = CachedModelFile.ofDefault();
    } catch (IOException unavailable) {
      Assumptions.abort("the default model cannot be had: " + unavailable.getMessage());
    }
    CachedModelFile.offer(file, home);
    for (String precision : List.of("int8", "fp32")) {
      ProcessBuilder command =
          JavaProcess.of(List.of("-Xmx4g"), "import", NAME, "--weights", precision).inheritIO();
      command.environment().put("WHETSTONE_HOME", home.toString());
      command.environment().put("WHETSTONE_ROOT", Path.of("").toAbsolutePath().toString());
      assertThat(command.start().waitFor()).isZero();
    }
    model = ModelDirectory.open(home.resolve("models").resolve(NAME));
  }

  @Test
  void everyTensorIsGgufsOwnBitForBit() throws Exception {
    List<String> hashes = new ArrayList<>();
    try (GgufFile tensors = GgufFile.open(file)) {
      for (String name : tensors.names()) {
        hashes.add(sha256(tensors, name) + " " + name);
      }
    }
    assertThat(hashes).isEqualTo(Files.readAllLines(GOLDEN.resolve("tensors.sha256")));
  }

  private static String sha256(GgufFile tensors, String name) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    int rows = (int) tensors.shape(name)[0];
    for (int first = 0; first < rows; first += ROWS_AT_ONCE) {
      float[] values = tensors.readRows(name, first, Math.min(ROWS_AT_ONCE, rows - first));
      ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values);
      digest.update(bytes);
    }
    return Sha256.hex(digest);
  }

  @Test
  void textsHaveTheIdsOfTransformersAndLlamaCpp() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.open(model.path().resolve("tokenizer.json"))) {
      for (JsonNode golden : read("tokens.json")) {
        assertThat(tokenizer.encode(golden.path("text").asText(), false))
            .as(golden.path("name").asText())
            .isEqualTo(ids(golden.path("ids")));
      }
    }
  }

  @Test
  void conversationsRenderAsInTransformers() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.open(model.path().resolve("tokenizer.json"))) {
      for (JsonNode golden : read("forward.json")) {
        List<Message> messages = new ArrayList<>();
        for (JsonNode message : golden.path("messages")) {
          messages.add(
              new Message(message.path("role").asText(), message.path("content").asText()));
        }
        String rendered =
            ModelOpener.chatTemplate(model.path()).orElseThrow().render(messages, true).text();
        assertThat(rendered).isEqualTo(golden.path("rendered").asText());
        assertThat(tokenizer.encode(rendered, false)).isEqualTo(ids(golden.path("prompt_ids")));
      }
    }
  }

  @Test
  void completionsEndWithTheTurnAndTheText() {
    assertThat(model.config().endOfTurn()).isEqualTo(151_645);
    assertThat(model.config().eosIds()).containsExactlyInAnyOrder(151_645, 151_643);
  }

  @Test
  void greedyAnswersAreThoseOfLlamaCppWithTheSameWeights() throws IOException {
    try (ForwardRun run = ForwardRun.open(model.path().resolve("exact.onnx"), 1, SLOT)) {
      for (JsonNode golden : read("forward.json")) {
        int[] prompt = ids(golden.path("prompt_ids"));
        int[] greedy = ids(golden.path("greedy_ids"));
        assertThat(run.greedy(prompt, greedy.length)).isEqualTo(greedy);
        double[] logps = run.score(prompt, greedy);
        double largest = 0;
        for (int i = 0; i < logps.length; i++) {
          double expected = golden.path("greedy_logps").get(i).asDouble();
          largest = Math.max(largest, Math.abs(logps[i] - expected));
          assertThat(logps[i]).as("token %d", i).isCloseTo(expected, offset(LLAMA_NOISE));
        }
        System.out.printf(
            "log-probs of %d tokens: %.4f from llama.cpp's at most%n", logps.length, largest);
      }
    }
  }

  @Test
  void int8StaysCloseToFloat32() throws IOException {
    double sum = 0;
    JsonNode goldens = read("forward.json");
    for (JsonNode golden : goldens) {
      int[] ids =
          IntStream.concat(
                  IntStream.of(ids(golden.path("prompt_ids"))),
                  IntStream.of(ids(golden.path("greedy_ids"))))
              .toArray();
      sum += QuantizationKl.measure(model.path(), ids);
    }
    System.out.printf("KL(float32 || int8): %.4f nats a token%n", sum / goldens.size());
    assertThat(sum / goldens.size()).isPositive().isLessThan(0.02);
  }

  @Test
  void anInt8RowHasTheSameBitsAloneAndInABatch() throws IOException {
    int[] prompt = ids(read("forward.json").get(0).path("prompt_ids"));
    try (ForwardRun run = ForwardRun.open(model.path().resolve("model.onnx"), 8, SLOT)) {
      List<float[]> rows = run.sameRowInBatches(prompt);
      assertThat(rows).hasSize(8).allSatisfy(row -> assertThat(row).isEqualTo(rows.getFirst()));
    }
  }

  @Test
  void fortyVotesTrainAVersionThatIsServedUntilTheRollback() throws Exception {
    try (LabGateway gateway =
        LabGateway.start(LabGateway.command(), home, DislikedWordStory.settings(NAME))) {
      var outcome = new DislikedWordStory(gateway, 24, 8, Duration.ofMinutes(30)).play();

      assertThat(outcome.restored()).isEqualTo(outcome.before());
      assertThat(outcome.after()).isNotEqualTo(outcome.before());
      assertThat(outcome.after().texts()).noneMatch(String::isBlank);
    }
  }

  private static JsonNode read(String name) throws IOException {
    return new ObjectMapper().readTree(GOLDEN.resolve(name).toFile());
  }

  private static int[] ids(JsonNode node) {
    return IntStream.range(0, node.size()).map(i -> node.get(i).asInt()).toArray();
  }
}
