package dev.whetstone.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.io.Sha256;
import dev.whetstone.onnx.OnnxExport;
import dev.whetstone.onnx.Precision;
import dev.whetstone.weights.ModelDirectory;
import dev.whetstone.weights.ModelFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelIntegrityTest {
  @TempDir Path folder;

  /** It is a part of the paths of adapters. */
  @Test
  void aBaseHashThatIsNoneIsRefused() throws IOException {
    Files.copy(Path.of("models/tiny-reviews/config.json"), folder.resolve("config.json"));
    Files.writeString(folder.resolve("manifest.json"), "{\"base\": \"../../elsewhere\"}");

    assertThatThrownBy(() -> ModelDirectory.open(folder))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("no sha256");
  }

  @Test
  void oneFlippedBitOfAGraphIsFound() throws IOException {
    StringBuilder hashes = new StringBuilder();
    for (String name : OnnxExport.files(Precision.INT8)) {
      byte[] bytes = ("the bytes of " + name).repeat(100).getBytes(StandardCharsets.UTF_8);
      Files.write(folder.resolve(name), bytes);
      hashes.append(hashes.isEmpty() ? "" : ",");
      hashes.append("\"%s\":\"%s\"".formatted(name, Sha256.of(bytes)));
    }
    Files.writeString(folder.resolve("manifest.json"), "{\"files\":{" + hashes + "}}");
    assertThat(ModelIntegrity.checkGraphs(folder, Precision.INT8)).isEmpty();

    Path weights = folder.resolve("weights.bin");
    byte[] flipped = Files.readAllBytes(weights);
    flipped[700] ^= (byte) 4;
    Files.write(weights, flipped);

    assertThat(ModelIntegrity.checkGraphs(folder, Precision.INT8).orElseThrow())
        .contains("weights.bin is damaged");
    assertThat(ModelIntegrity.checkGraphs(folder, Precision.FP32)).isEmpty();
  }
}
