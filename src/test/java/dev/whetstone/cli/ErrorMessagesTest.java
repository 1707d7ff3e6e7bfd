package dev.whetstone.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErrorMessagesTest {
  @TempDir Path folder;

  @Test
  void aFileThatIsNotThereIsNamed() {
    Path none = folder.resolve("none");
    Throwable failure = catchThrowable(() -> Files.readString(none));

    assertThat(ErrorMessages.of(failure)).isEqualTo("there is no file " + none);
    assertThat(ErrorMessages.of(new UncheckedIOException((IOException) failure)))
        .isEqualTo("there is no file " + none);
  }

  @Test
  void aFileWhereAFolderIsWantedIsNamed() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));

    assertThat(ErrorMessages.of(catchThrowable(() -> Files.createDirectories(file))))
        .isEqualTo(file + " is in the way: it exists already");
    assertThat(ErrorMessages.of(catchThrowable(() -> Files.list(file).close())))
        .isEqualTo(file + " is no directory");
  }

  @Test
  void othersSayWhatTheySay() {
    assertThat(ErrorMessages.of(new IOException("disk full"))).isEqualTo("disk full");
    assertThat(ErrorMessages.of(new IllegalStateException())).contains("IllegalStateException");
  }
}
