package dev.whetstone.dpo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.testing.TestModels;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Trains the default model, whose memory must not grow: 40 updates, or {@code
 * -Dwhetstone.soak-steps=500} for a long run. The process that trains has a fixed heap which it
 * touches at its start, so that only native memory can grow.
 */
@EnabledOnOs(OS.LINUX)
@Tag("process")
class SoakTest {
  private static final int STEPS = Integer.getInteger("whetstone.soak-steps", 40);

  /**
   * Kilobytes. Fragmentation of the native heap levels off within some 200 updates and took up to
   * 30 MB until then; leaking a run's adapter in every pass takes 10 MB an update. A smaller leak
   * shows in the count of tensors, which must not change at all.
   */
  private static final long MAX_GROWTH = 64 << 10;

  @Test
  void memoryDoesNotGrow() throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xms384m",
                "-Xmx384m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                SoakedRun.class.getName(),
                TestModels.smollm2().path().toString(),
                Integer.toString(STEPS))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<long[]> lines =
        process
            .inputReader()
            .lines()
            .filter(line -> line.matches("\\d+ \\d+"))
            .map(line -> Arrays.stream(line.split(" ")).mapToLong(Long::parseLong).toArray())
            .toList();
    assertThat(process.waitFor()).isZero();
    assertThat(lines).hasSize(STEPS);

    List<long[]> warm = lines.subList(STEPS / 4, STEPS);
    long early = highest(warm.subList(0, STEPS / 4));
    long late = highest(warm.subList(STEPS / 2, warm.size()));
    System.out.printf(
        "resident: up to %d kB early, %d kB late in %d updates%n", early, late, STEPS);
    assertThat(warm).allSatisfy(line -> assertThat(line[1]).isEqualTo(lines.getFirst()[1]));
    assertThat(late).isLessThan(early + MAX_GROWTH);
  }

  private static long highest(List<long[]> lines) {
    return lines.stream().mapToLong(line -> line[0]).max().orElseThrow();
  }
}
