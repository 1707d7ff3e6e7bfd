package dev.whetstone.models;

import static dev.whetstone.testing.ServingFixture.settings;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.FloatNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.engine.EngineConfig;
import dev.whetstone.onnx.Precision;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start finds that computes something else than the first one. */
@Tag("slow")
class SelfTestTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path home;
  private Path folder;

  @BeforeEach
  void copyTheModel() throws IOException {
    folder = Files.createDirectories(home.resolve("models/tiny-reviews"));
    try (Stream<Path> files = Files.list(TestModels.tiny().path())) {
      for (Path file : files.toList()) {
        if (!Files.isDirectory(file)) {
          Files.copy(file, folder.resolve(file.getFileName()), LinkOption.NOFOLLOW_LINKS);
        }
      }
    }
    ObjectNode manifest = manifest();
    manifest.remove("self_test");
    Files.writeString(folder.resolve("manifest.json"), manifest.toString());
  }

  @Test
  void theFirstStartNotesWhatLaterOnesMustCompute() throws IOException {
    assertThat(start(Precision.INT8)).isEmpty();
    JsonNode noted = noted(Precision.INT8);
    assertThat(noted).hasSize(31);

    assertThat(start(Precision.INT8)).isEmpty();

    assertThat(noted(Precision.INT8)).isEqualTo(noted);
    assertThat(ModelIntegrity.checkSizes(folder)).isEmpty();
  }

  /** The same bytes of the files: what computes with them is at fault. */
  @Test
  void aStartThatComputesSomethingElseIsRefused() throws IOException {
    assertThat(start(Precision.INT8)).isEmpty();
    shiftTheNoted(1.5f);

    assertThat(start(Precision.INT8).orElseThrow())
        .contains("tiny-reviews computes something else", "1.50 nats a token", "manifest.json");
  }

  /** It may be another processor, so it is told and served. */
  @Test
  void aSmallDifferenceIsNoReasonToRefuse() throws IOException {
    assertThat(start(Precision.INT8)).isEmpty();
    shiftTheNoted(0.5f);

    assertThat(start(Precision.INT8)).isEmpty();
  }

  @Test
  void whatWrongWeightsComputeIsRefused() throws IOException {
    assertThat(start(Precision.INT8)).isEmpty();
    Path weights = folder.resolve("weights.bin");
    byte[] bytes = Files.readAllBytes(weights);
    for (int i = 0; i < bytes.length; i += 16) {
      bytes[i] ^= 0x40;
    }
    Files.write(weights, bytes);

    assertThat(start(Precision.INT8)).isPresent();
  }

  @Test
  void graphsThatWereExportedAnewAreNotedAnew() throws IOException {
    assertThat(start(Precision.INT8)).isEmpty();
    JsonNode noted = noted(Precision.INT8);
    shiftTheNoted(1.5f);
    ObjectNode manifest = manifest();
    ((ObjectNode) manifest.path("files")).put("weights.bin", "of another export");
    Files.writeString(folder.resolve("manifest.json"), manifest.toString());

    assertThat(start(Precision.INT8)).isEmpty();

    assertThat(noted(Precision.INT8)).isEqualTo(noted);
  }

  /** Kernels of int8 differ by less than int8 does from float32. */
  @Test
  void float32IsWithinWhatInt8MayDiffer() throws IOException {
    assertThat(start(Precision.FP32)).isEmpty();
    assertThat(start(Precision.INT8)).isEmpty();

    assertThat(SelfTest.difference(logps(Precision.FP32), logps(Precision.INT8)))
        .isLessThan(SelfTest.tolerance(Precision.INT8));
  }

  private void shiftTheNoted(float nats) throws IOException {
    ObjectNode manifest = manifest();
    ArrayNode logps = (ArrayNode) manifest.at("/self_test/int8/logps");
    for (int i = 0; i < logps.size(); i++) {
      logps.set(i, FloatNode.valueOf(logps.get(i).floatValue() - nats));
    }
    Files.writeString(folder.resolve("manifest.json"), manifest.toString());
  }

  private JsonNode noted(Precision precision) throws IOException {
    String name = precision.name().toLowerCase(Locale.ROOT);
    return manifest().path("self_test").path(name).path("logps");
  }

  private float[] logps(Precision precision) throws IOException {
    return JSON.convertValue(noted(precision), float[].class);
  }

  private Optional<String> start(Precision precision) throws IOException {
    ModelStore store =
        new ModelStore(home, ModelCatalogue.open(Path.of("models")), System.out::println);
    ModelDirectory model = ModelDirectory.open(folder);
    ModelOpener.Opened opened =
        ModelOpener.open(
            model, precision, 2, settings(EngineConfig.class, Map.of()), InstantSource.system());
    try {
      return new SelfTest(store)
          .run(model, precision, opened.engine(), opened.tokenizer(), opened.base());
    } finally {
      opened.close();
    }
  }

  private ObjectNode manifest() throws IOException {
    return (ObjectNode) JSON.readTree(folder.resolve("manifest.json").toFile());
  }
}
