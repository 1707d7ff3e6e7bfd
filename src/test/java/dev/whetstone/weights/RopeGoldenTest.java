package dev.whetstone.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rotary frequencies beside Transformers' own, for each kind of scaling, as config.json has it. */
class RopeGoldenTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/rope/rope.json");

  @TempDir Path folder;

  static Stream<JsonNode> cases() throws IOException {
    JsonNode all = new ObjectMapper().readTree(GOLDEN.toFile());
    return StreamSupport.stream(all.spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isTransformersOwn(JsonNode golden) throws IOException {
    ModelConfig config = read(golden.path("config").toString());

    assertSame(config, golden);
    // what an import writes says the same
    assertSame(read(HuggingFaceConfig.write(config)), golden);
  }

  private ModelConfig read(String config) throws IOException {
    Files.writeString(folder.resolve("config.json"), config);
    return HuggingFaceConfig.read(folder);
  }

  private static void assertSame(ModelConfig config, JsonNode golden) {
    String name = golden.path("name").asText();
    float[] frequencies = RotaryFrequencies.of(config.rope(), config.headDim());
    assertThat(frequencies).as(name).hasSize(golden.path("frequencies").size());
    for (int i = 0; i < frequencies.length; i++) {
      double expected = golden.path("frequencies").get(i).asDouble();
      assertThat((double) frequencies[i])
          .as("%s, %d", name, i)
          .isCloseTo(expected, within(2e-6 * expected));
    }
    assertThat(config.rope().attentionFactor())
        .as(name)
        .isCloseTo(golden.path("attention_factor").asDouble(), within(1e-6));
  }
}
