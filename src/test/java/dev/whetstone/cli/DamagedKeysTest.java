package dev.whetstone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.testing.CommandProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
class DamagedKeysTest {
  @TempDir Path home;

  @Test
  void aHalfWrittenKeyFileEndsTheStartInOneSentence() throws Exception {
    Files.writeString(home.resolve("keys.json"), "{\"chat\": \"wsk_ch");
    ProcessBuilder command = CommandProcess.of(home, "gateway");
    command.environment().put("WHETSTONE_MODEL", "tiny-reviews");

    Process process = command.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).isEqualTo(1);
    assertThat(out)
        .contains("keys.json is not a JSON object of keys by role; remove it")
        .doesNotContain("\tat ");
    assertThat(home.resolve("postgres")).doesNotExist();
  }
}
