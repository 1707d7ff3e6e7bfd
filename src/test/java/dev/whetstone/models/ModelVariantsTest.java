package dev.whetstone.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.engine.ort.OrtModel;
import dev.whetstone.engine.ort.OrtSettings;
import dev.whetstone.engine.runner.Batch;
import dev.whetstone.onnx.Precision;
import dev.whetstone.policy.Policy;
import dev.whetstone.testing.LlamaOracle;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.GgufLayout;
import dev.whetstone.weights.HuggingFaceConfig;
import dev.whetstone.weights.MemoryTensors;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.ModelDirectory;
import dev.whetstone.weights.ModelFormatException;
import dev.whetstone.weights.SafetensorsWriter;
import dev.whetstone.weights.SmallModels;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every served kind of model, imported and run in float32 beside the plain oracle. */
class ModelVariantsTest {
  private static final Policy V0 = new Policy("v0", "", null);
  @TempDir Path home;

  static Stream<ModelConfig> served() {
    return Stream.of(
        SmallModels.llama(),
        SmallModels.withOwnHead("llama"),
        SmallModels.withOwnHead("mistral"),
        SmallModels.withOwnHead("qwen2"),
        SmallModels.stretched());
  }

  @ParameterizedTest
  @MethodSource("served")
  void aHuggingFaceDirectoryComputesWhatTheOracleDoes(ModelConfig config) throws IOException {
    MemoryTensors tensors = SmallModels.tensors(config, 3);
    Path source = directory(config);
    SafetensorsWriter.write(source.resolve("model.safetensors"), tensors, Map.of());

    sameAsOracle(source, config, tensors);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2"})
  void aGgufFileComputesWhatTheOracleDoes(String architecture) throws IOException {
    ModelConfig config =
        architecture.equals("llama") ? SmallModels.llama() : SmallModels.withOwnHead(architecture);
    MemoryTensors tensors = SmallModels.tensors(config, 4);
    Path source = Files.write(home.resolve("model.gguf"), GgufLayout.of(config, tensors).bytes());

    sameAsOracle(source, config, tensors);

    ModelDirectory model = store().resolve(source.toString(), Precision.FP32);
    assertThat(model.path().resolve(ModelDirectory.GGUF_WEIGHTS)).hasSameBinaryContentAs(source);
    assertThat(model.path().resolve(ModelDirectory.WEIGHTS)).doesNotExist();
    assertThat(model.hash()).isEqualTo(SafetensorsWriter.sha256(tensors, Map.of("format", "pt")));
  }

  @Test
  void theTinyModelInShardsIsTheTinyModel() throws IOException {
    Path tiny = Path.of("models/tiny-reviews");
    Path source = Files.createDirectory(home.resolve("shards"));
    for (String name : List.of("config.json", "tokenizer.json", "generation_config.json")) {
      Files.copy(tiny.resolve(name), source.resolve(name));
    }
    try (Tensors whole = TestModels.tiny().weights()) {
      split(whole, source);
    }

    ModelDirectory model = store().resolve(source.toString(), Precision.FP32);

    assertThat(model.hash()).isEqualTo(TestModels.tiny().hash());
  }

  @Test
  void shardsThatAreMissingOrIncompleteAreRefused() throws IOException {
    MemoryTensors tensors = SmallModels.tensors(SmallModels.llama(), 3);
    Path source = directory(SmallModels.llama());
    split(tensors, source);
    Path index = source.resolve("model.safetensors.index.json");
    String text = Files.readString(index);

    Files.delete(source.resolve("model-2.safetensors"));
    assertRefused(source, "model-2.safetensors", "not in the directory");
    Files.writeString(index, text.replace("model-2.safetensors", "model-1.safetensors"));
    assertRefused(source, "model-1.safetensors does not hold");
    Files.writeString(index, text.replace("model-2.safetensors", "../../etc/passwd"));
    assertRefused(source, "passwd", "not in the directory");
    Files.writeString(index, "{");
    assertRefused(source, "index.json is not JSON");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"model_type\" : \"gemma\"",
        "\"hidden_act\" : \"gelu\"",
        "\"attention_bias\" : true",
        "\"mlp_bias\" : true",
        "\"quantization_config\" : {}",
        "\"sliding_window\" : 128",
        "\"rope_scaling\" : {\"type\" : \"yarn\"}",
        "\"num_hidden_layers\" : 2147483647",
        "\"num_hidden_layers\" : 3",
        "\"num_key_value_heads\" : 3",
        "\"max_position_embeddings\" : 2147483647",
        "\"rms_norm_eps\" : 0",
        "\"rope_theta\" : -1",
        "\"hidden_size\" : \"wide\"",
      })
  void whatTheGraphDoesNotComputeIsRefused(String setting) throws IOException {
    Path source = directory(SmallModels.llama());
    Path file = source.resolve("config.json");
    var mapper = new com.fasterxml.jackson.databind.ObjectMapper();
    var config = (com.fasterxml.jackson.databind.node.ObjectNode) mapper.readTree(file.toFile());
    var change = mapper.readTree("{" + setting + "}");
    if (change.has("rope_theta") || change.has("rope_scaling")) {
      config.remove("rope_parameters");
    }
    config.setAll((com.fasterxml.jackson.databind.node.ObjectNode) change);
    Files.writeString(file, config.toString());
    SafetensorsWriter.write(
        source.resolve("model.safetensors"), SmallModels.tensors(SmallModels.llama(), 3), Map.of());

    assertThatThrownBy(() -> store().resolve(source.toString(), Precision.FP32))
        .isInstanceOf(ModelFormatException.class);
  }

  @Test
  void anOddHiddenSizeIsRefused() throws IOException {
    Path source = directory(SmallModels.llama());
    Path file = source.resolve("config.json");
    Files.writeString(
        file, Files.readString(file).replaceFirst("(\"hidden_size\" *: *)\\d+", "$1" + 33));
    SafetensorsWriter.write(
        source.resolve("model.safetensors"), SmallModels.tensors(SmallModels.llama(), 3), Map.of());

    assertRefused(source, "hidden size of 33 is odd");
  }

  private void assertRefused(Path source, String... named) {
    assertThatThrownBy(() -> store().resolve(source.toString(), Precision.FP32))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContainingAll(named);
  }

  private Path directory(ModelConfig config) throws IOException {
    Path source = Files.createDirectory(home.resolve("source"));
    Files.writeString(source.resolve("config.json"), HuggingFaceConfig.write(config));
    Files.copy(Path.of("models/tiny-reviews/tokenizer.json"), source.resolve("tokenizer.json"));
    return source;
  }

  private static void split(Tensors whole, Path folder) throws IOException {
    List<Map<String, MemoryTensors.Values>> parts = List.of(new TreeMap<>(), new TreeMap<>());
    StringBuilder map = new StringBuilder("{\"weight_map\": {");
    for (String name : whole.names()) {
      int part = name.hashCode() & 1;
      parts.get(part).put(name, new MemoryTensors.Values(whole.read(name), whole.shape(name)));
      map.append(map.toString().endsWith("{") ? "" : ", ");
      map.append("\"%s\": \"model-%d.safetensors\"".formatted(name, part + 1));
    }
    for (int part = 0; part < parts.size(); part++) {
      SafetensorsWriter.write(
          folder.resolve("model-" + (part + 1) + ".safetensors"),
          new MemoryTensors(parts.get(part)),
          Map.of());
    }
    Files.writeString(folder.resolve("model.safetensors.index.json"), map + "}}");
  }

  private void sameAsOracle(Path source, ModelConfig config, Tensors tensors) throws IOException {
    ModelDirectory model = store().resolve(source.toString(), Precision.FP32);
    int[] ids = new Random(8).ints(100, 0, config.vocabularySize()).toArray();
    double[][] expected = new LlamaOracle(config, tensors).logits(ids, null);
    Path graph = model.path().resolve("exact.onnx");
    try (OrtModel runner =
        OrtModel.open(new OrtSettings(graph, null, 1, 128, 2, OptionalInt.empty()))) {
      int[] rows = IntStream.range(0, ids.length).toArray();
      FloatBuffer logits = runner.run(new Batch.Prefill(0, 0, ids, V0, rows));
      for (int row : rows) {
        for (int id = 0; id < config.vocabularySize(); id++) {
          assertThat((double) logits.get(row * config.vocabularySize() + id))
              .isCloseTo(expected[row][id], within(2e-4));
        }
      }
    }
  }

  private ModelStore store() throws IOException {
    return new ModelStore(home, ModelCatalogue.open(Path.of("models")), line -> {});
  }
}
