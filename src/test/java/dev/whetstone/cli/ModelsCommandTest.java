package dev.whetstone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.testing.CommandProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
class ModelsCommandTest {
  @TempDir Path home;

  @Test
  void theListSaysWhatIsHereAndWhatWouldBeFetched() throws Exception {
    Path fetching = Files.createDirectories(home.resolve("models/.fetching"));
    Files.write(
        fetching.resolve("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf.part"), new byte[5_000_000]);
    Path small = Files.createDirectories(home.resolve("models/smollm2-135m-instruct"));
    Files.writeString(small.resolve("manifest.json"), "{}");

    assertThat(run(0, "models"))
        .startsWith("qwen2.5-coder-0.5b-instruct, the default (Apache-2.0)\n")
        .contains("  486 MB to fetch (5.0 MB are here); ")
        .contains("smollm2-135m-instruct (Apache-2.0)")
        .contains("  here; ")
        .contains("  nothing to fetch; ");
  }

  @Test
  void jsonHoldsTheSameInBytes() throws Exception {
    JsonNode models = new ObjectMapper().readTree(run(0, "models", "--json"));

    assertThat(models.findValuesAsText("name"))
        .containsExactly(
            "qwen2.5-coder-0.5b-instruct",
            "qwen2.5-coder-1.5b-instruct",
            "smollm2-135m-instruct",
            "tiny-reviews");
    assertThat(models.get(0).path("to_fetch_bytes").asLong()).isEqualTo(491_400_064);
    assertThat(models.get(0).path("here").asBoolean()).isFalse();
    assertThat(models.get(3).path("download_bytes").asLong()).isZero();
  }

  @Test
  void fetchImports() throws Exception {
    assertThat(run(0, "models", "fetch", "tiny-reviews")).contains("Ready: " + home);

    assertThat(run(0, "models")).contains("  here; ");
  }

  @Test
  void aNameThatIsNotInTheCatalogueIsRefused() throws Exception {
    assertThat(run(2, "models", "fetch", "gpt-5")).contains("there is no model 'gpt-5'");
  }

  private String run(int status, String command, String... arguments)
      throws IOException, InterruptedException {
    Process process = CommandProcess.of(home, command, arguments).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(text).isEqualTo(status);
    return text;
  }
}
