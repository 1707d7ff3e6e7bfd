package dev.whetstone.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FailureTextTest {
  @TempDir Path folder;

  @Test
  void aFileThatIsNotThereIsNamed() {
    Path none = folder.resolve("none");
    Throwable failure = catchThrowable(() -> Files.readString(none));

    assertThat(FailureText.of(failure)).isEqualTo("there is no file " + none);
    assertThat(FailureText.of(new UncheckedIOException((IOException) failure)))
        .isEqualTo("there is no file " + none);
  }

  @Test
  void aFileWhereAFolderIsWantedIsNamed() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));

    assertThat(FailureText.of(catchThrowable(() -> Files.createDirectories(file))))
        .isEqualTo(file + " is in the way: it exists already");
    assertThat(FailureText.of(catchThrowable(() -> Files.list(file).close())))
        .isEqualTo(file + " is no directory");
  }

  @Test
  void othersSayWhatTheySay() {
    assertThat(FailureText.of(new IOException("disk full"))).isEqualTo("disk full");
    assertThat(FailureText.of(new IllegalStateException())).contains("IllegalStateException");
  }
}
