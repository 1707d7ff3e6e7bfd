package dev.whetstone.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.io.Sha256;
import dev.whetstone.onnx.OnnxExport;
import dev.whetstone.onnx.Precision;
import dev.whetstone.settings.InvalidSettingException;
import dev.whetstone.weights.ModelDirectory;
import dev.whetstone.weights.ModelFormatException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelStoreTest {
  @TempDir Path home;
  private final List<String> progress = new ArrayList<>();

  @Test
  void aModelIsImportedOnce() throws IOException {
    ModelStore store = store();
    assertThat(store.find("tiny-reviews", Precision.INT8)).isEmpty();

    ModelDirectory model = store.resolve("tiny-reviews", Precision.INT8);

    assertThat(OnnxExport.files(Precision.INT8))
        .allMatch(f -> Files.exists(model.path().resolve(f)));
    assertThat(progress).anyMatch(line -> line.startsWith("int8 against float32: KL 0.0"));
    int lines = progress.size();
    assertThat(store().resolve("tiny-reviews", Precision.INT8).hash()).isEqualTo(model.hash());
    assertThat(store().find("tiny-reviews", Precision.INT8)).isPresent();
    assertThat(progress).hasSize(lines);
  }

  @Test
  void aTruncatedGraphIsWrittenAgain() throws IOException {
    ModelDirectory model = store().resolve("tiny-reviews", Precision.FP32);
    Files.write(model.path().resolve("exact.bin"), new byte[10]);

    assertThat(store().find("tiny-reviews", Precision.FP32)).isEmpty();
    store().resolve("tiny-reviews", Precision.FP32);

    assertThat(Files.size(model.path().resolve("exact.bin"))).isGreaterThan(10);
  }

  @Test
  void graphsOfAnEarlierBuildAreWrittenAgain() throws IOException {
    ModelDirectory model = store().resolve("tiny-reviews", Precision.FP32);
    Path manifest = model.path().resolve(ModelDirectory.MANIFEST);
    ObjectNode text = (ObjectNode) new ObjectMapper().readTree(manifest.toFile());
    text.withObject("/graph_formats").put("exact.onnx", OnnxExport.FORMAT - 1);
    Files.writeString(manifest, text.toString());

    assertThat(store().find("tiny-reviews", Precision.FP32)).isEmpty();
    store().resolve("tiny-reviews", Precision.FP32);

    assertThat(store().find("tiny-reviews", Precision.FP32)).isPresent();
  }

  @Test
  void aModelThatVersion02ImportedIsExportedAgainAndLosesNothing() throws IOException {
    ModelDirectory model = store().resolve("tiny-reviews", Precision.INT8);
    Path folder = model.path();
    byte[] weights = Files.readAllBytes(folder.resolve(ModelDirectory.WEIGHTS));
    Path prefill = Files.write(folder.resolve("prefill.bin"), new byte[20]);
    rewriteAsVersion02(folder);
    progress.clear();

    assertThat(ModelDirectory.open(folder).hash()).isEqualTo(model.hash());
    assertThat(store().find("tiny-reviews", Precision.INT8)).isEmpty();
    ModelDirectory again = store().resolve("tiny-reviews", Precision.INT8);

    assertThat(progress.getFirst())
        .isEqualTo(
            "The int8 graphs of tiny-reviews are of another version of Whetstone: exporting them again");
    assertThat(again.hash()).isEqualTo(model.hash());
    assertThat(Files.readAllBytes(folder.resolve(ModelDirectory.WEIGHTS))).isEqualTo(weights);
    assertThat(prefill).doesNotExist();
    assertThat(store().find("tiny-reviews", Precision.INT8)).isPresent();
    assertThat(ModelIntegrity.checkHashes(folder)).isEmpty();
  }

  @Test
  void anExportThatWasKilledAfterItRemovedAnOldGraphIsRepeated() throws IOException {
    Path folder = store().resolve("tiny-reviews", Precision.INT8).path();
    Files.write(folder.resolve("prefill.bin"), new byte[20]);
    rewriteAsVersion02(folder);
    Files.delete(folder.resolve("prefill.bin"));
    Path leftover = Files.createDirectory(folder.resolve(".exact-1"));
    progress.clear();

    store().resolve("tiny-reviews", Precision.INT8);

    assertThat(progress).noneMatch(line -> line.contains("damaged"));
    assertThat(leftover).doesNotExist();
    assertThat(store().find("tiny-reviews", Precision.INT8)).isPresent();
  }

  /** The manifest as version 0.2.0 wrote it: graphs of format 5, prefill.bin, no base hash. */
  private static void rewriteAsVersion02(Path folder) throws IOException {
    Path manifest = folder.resolve(ModelDirectory.MANIFEST);
    ObjectNode text = (ObjectNode) new ObjectMapper().readTree(manifest.toFile());
    text.remove("base");
    ObjectNode formats = text.putObject("graph_formats");
    List.of("weights.bin", "prefill.bin", "prefill.onnx", "model.onnx")
        .forEach(name -> formats.put(name, 5));
    Path prefill = folder.resolve("prefill.bin");
    text.withObject("/sizes").put("prefill.bin", Files.size(prefill));
    text.withObject("/files").put("prefill.bin", Sha256.of(prefill));
    Files.writeString(manifest, text.toString());
  }

  @Test
  void damagedWeightsAreFoundAtTheStartAndImportedAgain() throws IOException {
    ModelDirectory model = store().resolve("tiny-reviews", Precision.FP32);
    try (FileChannel weights =
        FileChannel.open(model.path().resolve(ModelDirectory.WEIGHTS), StandardOpenOption.WRITE)) {
      weights.truncate(weights.size() / 2);
    }

    assertThat(store().find("tiny-reviews", Precision.FP32)).isEmpty();
    ModelDirectory again = store().resolve("tiny-reviews", Precision.FP32);

    assertThat(progress).anyMatch(line -> line.contains("weights.safetensors has"));
    assertThat(again.hash()).isEqualTo(model.hash());
    assertThat(ModelIntegrity.checkHashes(again.path())).isEmpty();
  }

  @Test
  void aMissingTokenizerIsFoundAtTheStart() throws IOException {
    ModelDirectory model = store().resolve("tiny-reviews", Precision.FP32);
    Files.delete(model.path().resolve("tokenizer.json"));

    assertThat(store().find("tiny-reviews", Precision.FP32)).isEmpty();
    store().resolve("tiny-reviews", Precision.FP32);

    assertThat(progress).anyMatch(line -> line.contains("tokenizer.json is missing"));
  }

  @Test
  void aDamagedDirectoryThatTheStoreDidNotImportIsRefusedAndLeftAlone() throws IOException {
    ModelDirectory model = store().resolve("tiny-reviews", Precision.FP32);
    Path moved = Files.move(model.path(), home.resolve("elsewhere"));
    Files.delete(moved.resolve("config.json"));

    assertThatThrownBy(() -> store().resolve(moved.toString(), Precision.FP32))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("config.json is missing");
    assertThat(moved.resolve(ModelDirectory.WEIGHTS)).exists();
  }

  @Test
  void aChangedByteIsFoundWhenTheHashesAreCompared() throws IOException {
    ModelDirectory model = store().resolve("tiny-reviews", Precision.FP32);
    Path weights = model.path().resolve(ModelDirectory.WEIGHTS);
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);

    assertThat(ModelIntegrity.checkSizes(model.path())).isEmpty();
    assertThat(ModelIntegrity.checkHashes(model.path()))
        .hasValueSatisfying(said -> assertThat(said).contains("weights.safetensors", "sha256"));
  }

  @Test
  void aFailedImportLeavesNothing() throws IOException {
    Path broken = Files.createDirectory(home.resolve("broken"));
    Files.writeString(broken.resolve("config.json"), "{\"model_type\": \"gpt_neox\"}");
    Files.writeString(broken.resolve("tokenizer.json"), "{}");

    assertThatThrownBy(() -> store().resolve(broken.toString(), Precision.INT8))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("gpt_neox");

    try (Stream<Path> left = Files.list(home.resolve("models"))) {
      assertThat(left.map(p -> p.getFileName().toString())).containsExactly(".lock");
    }
  }

  @Test
  void whatAnInterruptedImportLeftIsRemoved() throws IOException {
    Path stale = Files.createDirectories(home.resolve("models/.unfinished-1"));
    Files.writeString(stale.resolve("weights.safetensors"), "half");

    store().resolve("tiny-reviews", Precision.FP32);

    assertThat(stale).doesNotExist();
  }

  @Test
  void twoThreadsThatWantTheSameModelShareOneImport() throws Exception {
    try (var threads = Executors.newFixedThreadPool(2)) {
      var first = threads.submit(() -> quietStore().resolve("tiny-reviews", Precision.FP32).hash());
      var second =
          threads.submit(() -> quietStore().resolve("tiny-reviews", Precision.FP32).hash());

      assertThat(first.get()).isEqualTo(second.get());
    }
  }

  private ModelStore quietStore() throws IOException {
    return new ModelStore(home, ModelCatalogue.open(Path.of("models")), line -> {});
  }

  @Test
  void theCatalogueRecommendsSampling() throws IOException {
    assertThat(quietStore().sampling("smollm2-135m-instruct").temperature()).contains(0.2);
    assertThat(quietStore().sampling("smollm2-135m-instruct").topP()).contains(0.9);
    assertThat(quietStore().sampling("models/tiny-reviews").temperature()).isEmpty();
  }

  @Test
  void anUnknownNameIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> store().resolve("gpt-5", Precision.INT8))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("tiny-reviews");
  }

  private ModelStore store() throws IOException {
    return new ModelStore(home, ModelCatalogue.open(Path.of("models")), progress::add);
  }
}
