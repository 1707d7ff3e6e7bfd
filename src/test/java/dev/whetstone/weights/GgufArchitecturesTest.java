package dev.whetstone.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** GGUF files, laid out as llama.cpp's converter does, beside the directories they come from. */
class GgufArchitecturesTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/architectures");

  /** A GGUF file cannot say which layers differ: the usual pattern is taken. */
  private static final Set<String> OWN_PATTERN = Set.of("gemma3_text", "smollm3");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "qwen2",
        "qwen3",
        "gemma2",
        "gemma3",
        "phi3",
        "granite",
        "olmo2",
        "smollm3",
        "mixtral",
        "qwen3-moe"
      })
  void aGgufFileIsTheModelItWasMadeFrom(String name) throws IOException {
    Path directory = Files.createDirectory(folder.resolve(name));
    Files.copy(GOLDEN.resolve(name + "/config.json"), directory.resolve("config.json"));
    Files.copy(GOLDEN.resolve(name + "/model.safetensors"), directory.resolve("model.safetensors"));
    try (HuggingFaceModel original = HuggingFaceModel.open(directory)) {
      byte[] bytes = GgufLayout.of(original.config(), original).bytes();
      Path file = Files.write(folder.resolve("m.gguf"), bytes);
      same(file, original);
    }
  }

  @Test
  void theFilesOfASplitAreOneModel() throws IOException {
    Path directory = GOLDEN.resolve("qwen2");
    try (HuggingFaceModel original = HuggingFaceModel.open(directory)) {
      List<byte[]> halves = GgufLayout.of(original.config(), original).halves(7);
      Path first = Files.write(folder.resolve("m-00001-of-00002.gguf"), halves.get(0));
      Path second = folder.resolve("m-00002-of-00002.gguf");
      assertThatThrownBy(() -> GgufFile.open(first))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("m-00002-of-00002.gguf is missing");
      Files.write(second, halves.get(1));
      assertThatThrownBy(() -> GgufFile.open(second))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("name the first");

      same(first, original);
      Path joined = folder.resolve("whole.gguf");
      GgufSplit.copy(first, joined);
      Files.delete(second);
      same(joined, original);
    }
  }

  private static void same(Path file, HuggingFaceModel original) throws IOException {
    try (GgufModel gguf = new GgufModel(GgufFile.open(file))) {
      if (!OWN_PATTERN.contains(original.config().architecture())) {
        assertThat(gguf.config().design()).isEqualTo(original.config().design());
      }
      assertThat(gguf.names()).isEqualTo(original.names());
      for (String tensor : original.names()) {
        assertThat(gguf.shape(tensor)).isEqualTo(original.shape(tensor));
        assertThat(gguf.read(tensor))
            .as(tensor)
            .containsExactly(original.read(tensor), within(1e-7f));
        assertThat(gguf.readRows(tensor, 1, 2))
            .as(tensor)
            .containsExactly(original.readRows(tensor, 1, 2), within(1e-7f));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "gpt_neox", "dbrx"})
  void otherArchitecturesAreRefusedByName(String architecture) throws IOException {
    Path file =
        Files.write(
            folder.resolve("m.gguf"),
            new GgufBytes().text("general.architecture", architecture).bytes());
    try (GgufFile opened = GgufFile.open(file)) {
      assertThatThrownBy(() -> new GgufModel(opened))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContainingAll(architecture, "gemma3_text", "llama", "smollm3");
    }
  }
}
