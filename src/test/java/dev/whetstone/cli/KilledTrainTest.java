package dev.whetstone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.testing.CommandProcess;
import dev.whetstone.testing.TestModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Compares {@code ./whetstone train}, killed at random moments and resumed, with one not killed.
 */
@Timeout(240)
@Tag("process")
class KilledTrainTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final SplittableRandom RANDOM = new SplittableRandom();
  private static final int STEPS = 30;
  private static final int KILLS = 2;
  private static final int KILLED = 128 + 9;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "false, adapter_model.safetensors",
    // all weights, the adapter off
    "true, model/model.safetensors",
  })
  void whatIsLearnedHasTheSameBits(boolean allWeights, String result) throws Exception {
    Path whole = folder.resolve("whole");
    Path killed = folder.resolve("killed");
    Files.writeString(
        folder.resolve("train.json"),
        """
        {"steps": %d, "batch_size": 4, "shuffle": true, "learning_rate": %s, "lora_rank": 8,
         "lora_alpha": 16,
         "full_fine_tuning": %s, "eval_share": %s, "eval_steps": 4}
        """
            .formatted(STEPS, allWeights ? "1e-4" : "3e-3", allWeights, allWeights ? 0.2 : 0));
    pairs();

    assertThat(train(whole).waitFor()).as(output(whole)).isZero();
    Process first = train(killed);
    // the JVM's start, the reference, some steps
    await(first, killed, RANDOM.nextInt(3_000), STEPS / (KILLS + 1));
    kill(first, killed);
    for (int i = 1; i < KILLS; i++) {
      String before = checkpoint(killed);
      Process process = train(killed, "--resume");
      while (process.isAlive() && checkpoint(killed).equals(before)) {
        Thread.sleep(2);
      }
      await(process, killed, RANDOM.nextInt(300), STEPS * (i + 1) / (KILLS + 1));
      kill(process, killed);
      assertThat(killed.resolve("checkpoint.safetensors")).exists();
    }
    assertThat(killed.resolve("manifest.json")).as("killed before the end").doesNotExist();
    assertThat(train(killed, "--resume").waitFor()).as(output(killed)).isZero();

    for (String file : List.of(result, "checkpoint.safetensors")) {
      assertThat(killed.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
    assertThat(metrics(killed, "loss")).isEqualTo(metrics(whole, "loss")).hasSize(STEPS);
    assertThat(metrics(killed, "eval_loss")).isEqualTo(metrics(whole, "eval_loss"));
    assertThat(metrics(whole, "eval_loss").getLast().isEmpty()).isNotEqualTo(allWeights);
  }

  private void pairs() throws IOException {
    JsonNode run =
        JSON.readTree(Path.of("src/test/resources/golden/train-tiny-sigmoid/run.json").toFile());
    StringBuilder lines = new StringBuilder();
    run.path("pairs").forEach(pair -> lines.append(pair).append('\n'));
    Files.writeString(folder.resolve("pairs.jsonl"), lines);
  }

  private Process train(Path out, String... more) throws IOException {
    ProcessBuilder builder =
        CommandProcess.of(
            folder,
            "train",
            "--model=" + TestModels.tiny().path().toAbsolutePath(),
            "--pairs=" + folder.resolve("pairs.jsonl"),
            "--config=" + folder.resolve("train.json"),
            "--checkpoint-every=PT0S",
            "--out=" + out);
    builder.command().addAll(List.of(more));
    return builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log(out).toFile())).start();
  }

  private static Path log(Path out) {
    return out.resolveSibling(out.getFileName() + ".log");
  }

  private static String output(Path out) throws IOException {
    return Files.exists(log(out)) ? Files.readString(log(out)) : "";
  }

  /** Waits for the time or for a step: on a fast machine the run might end within the time. */
  private static void await(Process process, Path out, int millis, int step) throws Exception {
    Path metrics = out.resolve("metrics.jsonl");
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (process.isAlive()
        && System.nanoTime() < end
        && (!Files.exists(metrics) || Files.readAllLines(metrics).size() < step)) {
      Thread.sleep(2);
    }
  }

  private static void kill(Process process, Path out) throws Exception {
    int code = process.destroyForcibly().waitFor();
    assertThat(code).as(output(out)).isEqualTo(KILLED);
  }

  /** A key that changes with every checkpoint, because each is a new file. */
  private static String checkpoint(Path out) throws IOException {
    Path file = out.resolve("checkpoint.safetensors");
    return Files.exists(file)
        ? Files.getAttribute(file, "unix:ino").toString() + Files.getLastModifiedTime(file)
        : "";
  }

  /** The metric of each step; empty where a step has none. */
  private static List<String> metrics(Path out, String name) throws IOException {
    return Files.readAllLines(out.resolve("metrics.jsonl")).stream()
        .map(
            line -> {
              try {
                return JSON.readTree(line).path(name).toString();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            })
        .toList();
  }
}
