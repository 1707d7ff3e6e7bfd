package dev.whetstone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/**
 * A command that runs ONNX Runtime is told to stop at a random moment: it ends, and does not crash.
 */
class InterruptIT {
  private static final int TERMINATED = 128 + 15;
  private static final SplittableRandom RANDOM = new SplittableRandom();

  // where a crash would leave its report
  @TempDir Path folder;

  @RepeatedTest(10)
  void aBenchmarkEndsAtOnce() throws Exception {
    TestModels.tiny();
    Path out = folder.resolve("out");
    Process bench = bench(out);
    try {
      while (bench.isAlive() && Files.size(out) == 0) {
        Thread.sleep(10);
      }
      Thread.sleep(RANDOM.nextInt(600));

      bench.destroy();

      assertThat(bench.waitFor(10, TimeUnit.SECONDS)).as("ended").isTrue();
      assertThat(bench.exitValue()).as(Files.readString(out)).isEqualTo(TERMINATED);
      assertThat(folder).isDirectoryNotContaining("regex:.*hs_err.*");
    } finally {
      bench.destroyForcibly();
    }
  }

  private Process bench(Path out) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                List.of(
                    Path.of("whetstone").toAbsolutePath().toString(),
                    "bench",
                    "--model=tiny-reviews",
                    "--batch=8",
                    "--context=64",
                    "--prompt=64",
                    "--repeats=100000"))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    builder
        .environment()
        .put("WHETSTONE_HOME", Path.of("target", "test-models").toAbsolutePath().toString());
    return builder.start();
  }
}
