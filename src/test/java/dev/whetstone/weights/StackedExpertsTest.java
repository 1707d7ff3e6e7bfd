package dev.whetstone.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.testing.TinyArchitectures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mixtures whose experts are stacked in one tensor a layer, as later Transformers hold them. */
class StackedExpertsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "qwen3-moe"})
  void aStackIsReadAsItsExperts(String name) throws IOException {
    Path plain = TinyArchitectures.directory(name, folder.resolve("plain"));
    Path stacked = directory(name, false);

    try (HuggingFaceModel expected = HuggingFaceModel.open(plain);
        HuggingFaceModel found = HuggingFaceModel.open(stacked)) {
      assertSame(found, expected);
    }
  }

  @Test
  void aStackIsReadFromShards() throws IOException {
    Path plain = TinyArchitectures.directory("mixtral", folder.resolve("plain"));
    Path stacked = directory("mixtral", false);
    Path single = stacked.resolve("model.safetensors");
    List<String> entries = new ArrayList<>();
    try (Safetensors file = Safetensors.open(single)) {
      file.names().forEach(name -> entries.add("\"" + name + "\": \"shard.safetensors\""));
    }
    Files.move(single, stacked.resolve("shard.safetensors"));
    Files.writeString(
        stacked.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {" + String.join(", ", entries) + "}}");

    try (HuggingFaceModel expected = HuggingFaceModel.open(plain);
        HuggingFaceModel found = HuggingFaceModel.open(stacked)) {
      assertSame(found, expected);
    }
  }

  @Test
  void aStackOfOtherDimensionsIsRefusedByName() throws IOException {
    Path transposed = directory("mixtral", true);

    assertThatThrownBy(() -> HuggingFaceModel.open(transposed))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("mlp.experts.0.")
        .hasMessageContaining("the configuration asks for");
  }

  private static void assertSame(Tensors found, Tensors expected) {
    assertThat(found.names()).isEqualTo(expected.names());
    for (String name : expected.names()) {
      assertThat(found.shape(name)).as(name).isEqualTo(expected.shape(name));
      assertThat(found.read(name)).as(name).isEqualTo(expected.read(name));
    }
  }

  private Path directory(String name, boolean transposed) throws IOException {
    Path source = TinyArchitectures.directory(name, folder.resolve("stacked"));
    Map<String, MemoryTensors.Values> tensors = new TreeMap<>();
    try (HuggingFaceModel model = HuggingFaceModel.open(source)) {
      ModelConfig config = model.config();
      Set<String> names = new TreeSet<>(model.names());
      for (int layer = 0; layer < config.layers(); layer++) {
        String experts = "model.layers." + layer + ".mlp.experts.";
        tensors.put(experts + "gate_up_proj", stack(model, config, layer, names, transposed, true));
        tensors.put(experts + "down_proj", stack(model, config, layer, names, transposed, false));
      }
      for (String rest : names) {
        tensors.put(rest, new MemoryTensors.Values(model.read(rest), model.shape(rest)));
      }
    }
    SafetensorsWriter.write(
        source.resolve("model.safetensors"), new MemoryTensors(tensors), Map.of());
    return source;
  }

  private static MemoryTensors.Values stack(
      Tensors model,
      ModelConfig config,
      int layer,
      Set<String> names,
      boolean transposed,
      boolean gateAndUp) {
    DecoderDesign.Experts experts = Objects.requireNonNull(config.design().experts());
    int inner = config.intermediateSize();
    int hidden = config.hiddenSize();
    float[] all = new float[experts.count() * (gateAndUp ? 2 : 1) * inner * hidden];
    int at = 0;
    for (int expert = 0; expert < experts.count(); expert++) {
      for (String module :
          gateAndUp
              ? DecoderDesign.Experts.gateAndUp(layer, expert)
              : List.of(DecoderDesign.Experts.down(layer, expert))) {
        float[] values = model.read(module + ".weight");
        System.arraycopy(values, 0, all, at, values.length);
        at += values.length;
        names.remove(module + ".weight");
      }
    }
    long rows = gateAndUp ? 2L * inner : hidden;
    long columns = gateAndUp ? hidden : inner;
    return new MemoryTensors.Values(
        all,
        transposed
            ? new long[] {experts.count(), columns, rows}
            : new long[] {experts.count(), rows, columns});
  }
}
