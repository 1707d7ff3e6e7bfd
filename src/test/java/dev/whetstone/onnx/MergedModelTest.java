package dev.whetstone.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.engine.ort.OrtModel;
import dev.whetstone.engine.ort.OrtSettings;
import dev.whetstone.engine.runner.Batch;
import dev.whetstone.lora.Adapters;
import dev.whetstone.policy.Policy;
import dev.whetstone.testing.PlainOnnx;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares the merged model in plain ONNX Runtime with the logits of the gateway's graph. */
class MergedModelTest {
  private static final int[] IDS = {5, 6, 7, 8, 9, 10, 11};

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"model.onnx", "exact.onnx"})
  void hasTheLogitsOfTheGateway(String graph) throws Exception {
    ModelDirectory tiny = TestModels.tiny();
    Policy adapted = new Policy("v1", "some hash", Adapters.of(tiny.config(), 4, 1));
    Policy base = new Policy("v0", tiny.hash(), null);
    Path path = tiny.path().resolve(graph);
    try (OrtModel model =
        OrtModel.open(new OrtSettings(path, null, 1, IDS.length, 2, OptionalInt.empty()))) {
      model.stage(adapted);
      float[][] v0 = compare(model, path, base);
      float[][] v1 = compare(model, path, adapted);
      assertThat(v1[0]).isNotEqualTo(v0[0]);
    }
  }

  private float[][] compare(OrtModel model, Path graph, Policy policy) throws Exception {
    float[][] served = served(model, policy);
    Path exported = export(model, graph, policy);
    long[] ids = Arrays.stream(IDS).asLongStream().toArray();
    long[] rows = IntStream.range(0, IDS.length).asLongStream().toArray();
    float[][] plain = PlainOnnx.logits(exported, ids, rows);
    for (int row = 0; row < served.length; row++) {
      for (int i = 0; i < served[row].length; i++) {
        assertThat(plain[row][i])
            .as("%s row %d token %d", policy.version(), row, i)
            .isCloseTo(served[row][i], org.assertj.core.data.Offset.offset(1e-4f));
      }
    }
    return served;
  }

  private Path export(OrtModel model, Path graph, Policy policy) throws IOException {
    Path target = Files.createDirectories(folder.resolve(policy.version() + graph.getFileName()));
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    new MergedModel(graph, model.adapterInputs(policy)).writeZip(zip);
    PlainOnnx.unzip(zip.toByteArray(), target);
    return target.resolve("model.onnx");
  }

  private static float[][] served(OrtModel model, Policy policy) {
    int[] rows = IntStream.range(0, IDS.length).toArray();
    FloatBuffer logits = model.run(new Batch.Prefill(0, 0, IDS, policy, rows));
    float[][] copied = new float[IDS.length][model.vocabularySize()];
    for (int row = 0; row < copied.length; row++) {
      logits.get(row * model.vocabularySize(), copied[row]);
    }
    return copied;
  }
}
