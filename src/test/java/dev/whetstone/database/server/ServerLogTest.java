package dev.whetstone.database.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerLogTest {
  @TempDir Path folder;

  @Test
  void aLogThatIsTooLongBeginsAnewWhileItIsWritten() throws IOException {
    Path file = folder.resolve("log");
    ServerLog log = new ServerLog(folder);
    log.bound(100);
    assertThat(file).doesNotExist();
    // as pg_ctl opens it
    try (OutputStream server =
        Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      server.write("x".repeat(100).getBytes(UTF_8));
      log.bound(100);
      assertThat(file).hasSize(100);

      server.write("the end".getBytes(UTF_8));
      log.bound(100);
      assertThat(file).isEmptyFile();
      assertThat(Files.readString(folder.resolve("log.1"))).hasSize(100).endsWith("the end");

      server.write("next".getBytes(UTF_8));
    }
    assertThat(file).hasContent("next");
    assertThat(folder.resolve("log.part")).doesNotExist();
  }
}
