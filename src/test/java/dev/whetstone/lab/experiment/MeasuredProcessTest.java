package dev.whetstone.lab.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class MeasuredProcessTest {
  @TempDir Path folder;

  /** Two seconds: the process must live until this one, on a busy machine, first looks at it. */
  @Test
  void itsLinesTimeAndMemoryAreKnown() throws Exception {
    MeasuredProcess process =
        MeasuredProcess.run(List.of("sh", "-c", "echo one; sleep 2; echo two"), folder);

    assertThat(process.lines()).containsExactly("one", "two");
    assertThat(process.seconds()).isGreaterThanOrEqualTo(2);
    assertThat(process.peakBytes()).isBetween(100_000L, 1_000_000_000L);
  }

  @Test
  void aFailureTellsTheProcessesErrors() {
    assertThatThrownBy(
            () -> MeasuredProcess.run(List.of("sh", "-c", "echo why >&2; exit 3"), folder))
        .isInstanceOf(IOException.class)
        .hasMessage("sh failed: why");
  }
}
