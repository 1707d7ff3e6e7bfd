package dev.whetstone.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeftoversTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir Path home;

  @Test
  void whatNobodyTouchesGoesAndTheRestStays() throws IOException {
    Path killed = file("uploads/killed", Duration.ofHours(2));
    Path running = file("uploads/running", Duration.ofMinutes(1));
    Path unfinished = file("policies/base/a.safetensors.part", Duration.ofHours(2));
    Path adapter = file("policies/base/a.safetensors", Duration.ofDays(200));
    Path model = file("models/tiny/model.part", Duration.ofDays(2));

    Leftovers.delete(home, NOW);

    assertThat(killed).doesNotExist();
    assertThat(unfinished).doesNotExist();
    assertThat(running).exists();
    assertThat(adapter).exists();
    assertThat(model).exists();
    Leftovers.delete(home.resolve("nowhere"), NOW);
  }

  private Path file(String name, Duration age) throws IOException {
    Path file = home.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "x");
    Files.setLastModifiedTime(file, FileTime.from(NOW.minus(age)));
    return file;
  }
}
