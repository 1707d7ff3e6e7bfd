package dev.whetstone.dpo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.testing.TestModels;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares a run that is killed several times with one that is not. */
@Tag("process")
class ResumeTest {
  @TempDir Path folder;

  @Test
  void aKilledRunEndsWithTheSameBits() throws Exception {
    Path model = TestModels.tiny().path();
    Path whole = folder.resolve("whole");
    Path killed = folder.resolve("killed");

    runUntil(null, model, whole);
    runUntil("reference", model, killed);
    runUntil("step 2", model, killed);
    runUntil("step 7", model, killed);
    runUntil(null, model, killed);

    for (String file : List.of("adapter_model.safetensors", "checkpoint.safetensors")) {
      assertThat(killed.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
    assertThat(steps(killed)).isEqualTo(steps(whole)).hasSize(10);
  }

  /**
   * Runs the process and kills it at the first line that begins with a prefix; null lets it end.
   */
  private static void runUntil(@Nullable String prefix, Path model, Path run) throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx1g",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                KilledRun.class.getName(),
                model.toString(),
                run.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output = process.inputReader()) {
      for (String line; (line = output.readLine()) != null; ) {
        if (prefix != null && line.startsWith(prefix)) {
          process.destroyForcibly();
          break; // the output ends with the process
        }
      }
    }
    int code = process.waitFor();
    assertThat(code).isEqualTo(prefix == null ? 0 : 137);
  }

  private static List<Object> steps(Path run) throws IOException {
    ObjectMapper json = new ObjectMapper();
    return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
        .map(
            line -> {
              try {
                return (Object) json.readTree(line).path("loss");
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            })
        .toList();
  }
}
