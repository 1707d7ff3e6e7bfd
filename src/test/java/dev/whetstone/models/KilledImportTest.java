package dev.whetstone.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.onnx.Precision;
import dev.whetstone.testing.CommandProcess;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Imports in a separate process that is killed at random moments. */
@Tag("process")
class KilledImportTest {
  private static final int KILLS = 6;
  @TempDir Path home;

  @Test
  void killedAtAnyMomentAnImportLeavesAllOrNothing() throws Exception {
    Random random = new Random(9);
    for (int i = 0; i < KILLS; i++) {
      Process process = CommandProcess.of(home, "import", "tiny-reviews").start();
      // most of the first second is the JVM's start
      boolean ended = process.waitFor(600 + random.nextInt(1800), TimeUnit.MILLISECONDS);
      process.destroyForcibly().waitFor();
      Path model = home.resolve("models/tiny-reviews");
      if (Files.exists(model)) {
        assertThat(ModelIntegrity.checkSizes(model)).as("after kill %d", i).isEmpty();
        assertThat(ModelDirectory.open(model).config().layers()).isEqualTo(4);
      }
      if (ended || random.nextBoolean()) {
        AtomicDirectory.deleteTree(model);
      }
    }

    ModelStore store = new ModelStore(home, ModelCatalogue.open(Path.of("models")), line -> {});
    ModelDirectory model = store.resolve("tiny-reviews", Precision.INT8);

    assertThat(ModelIntegrity.checkHashes(model.path())).isEmpty();
    assertThat(store.find("tiny-reviews", Precision.INT8)).isPresent();
    try (Stream<Path> left = Files.list(home.resolve("models"))) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder(".lock", "tiny-reviews");
    }
  }

  @Test
  void aKilledFetchTakesPipWithIt() throws Exception {
    Path pip = Files.createDirectories(home.resolve("python/pip"));
    Path pid = home.resolve("pid");
    Files.writeString(
        pip.resolve("__main__.py"),
        """
        import os, time
        open(os.environ["PID_FILE"] + ".part", "w").write(str(os.getpid()))
        os.rename(os.environ["PID_FILE"] + ".part", os.environ["PID_FILE"])
        time.sleep(120)
        """);
    Files.writeString(pip.resolve("__init__.py"), "");
    ProcessBuilder builder = CommandProcess.of(home, "import", "smollm2-135m-instruct");
    builder.environment().put("PYTHONPATH", home.resolve("python").toString());
    builder.environment().put("PID_FILE", pid.toString());
    Process process = builder.start();
    try {
      await().atMost(Duration.ofSeconds(30)).until(() -> Files.exists(pid));
      ProcessHandle running =
          ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
      assertThat(running.isAlive()).isTrue();

      process.destroyForcibly().waitFor();

      running.onExit().get(10, TimeUnit.SECONDS);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void withoutPipTheMessageSaysWhatToInstall() throws Exception {
    Path folder = Files.createDirectories(home.resolve("bin"));
    Path python = folder.resolve("python3");
    Files.writeString(python, "#!/bin/sh\necho 'ImportError: No module named pip' >&2\nexit 1\n");
    assertThat(python.toFile().setExecutable(true)).isTrue();
    ProcessBuilder builder = CommandProcess.of(home, "import", "smollm2-135m-instruct");
    builder.environment().put("PATH", folder.toString() + ":/usr/bin:/bin");

    assertThat(output(builder.start())).contains("python3 has no pip", "python3-pip");
  }

  @Test
  void withoutPythonTheMessageSaysSo() throws Exception {
    ProcessBuilder builder = CommandProcess.of(home, "import", "smollm2-135m-instruct");
    builder.environment().put("PATH", home.toString());

    assertThat(output(builder.start())).contains("python3 is not on the PATH");
  }

  private static String output(Process process) throws IOException, InterruptedException {
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isNotZero();
    return text;
  }
}
