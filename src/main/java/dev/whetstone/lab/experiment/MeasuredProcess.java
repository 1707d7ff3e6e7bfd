package dev.whetstone.lab.experiment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A process that has ended well: what it printed, how long it took and how much memory it had.
 *
 * @param seconds from its start to its end
 * @param peakBytes the most memory it had resident; 0 where the system does not tell
 */
record MeasuredProcess(List<String> lines, double seconds, long peakBytes) {
  private static final Duration LOOK_EVERY = Duration.ofMillis(100);
  private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");

  MeasuredProcess {
    lines = List.copyOf(lines);
  }

  /**
   * Runs a command to its end, which an interrupt brings about too.
   *
   * @param folder for what it prints
   * @throws IOException with the end of its errors when it failed
   */
  static MeasuredProcess run(List<String> command, Path folder)
      throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    Path errors = folder.resolve("errors.txt");
    long begun = System.nanoTime();
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    try {
      long peak = 0;
      do {
        peak = Math.max(peak, peak(process));
      } while (!process.waitFor(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS));
      double seconds = (System.nanoTime() - begun) / 1e9;
      if (process.exitValue() != 0) {
        throw new IOException(command.getFirst() + " failed: " + Files.readString(errors).strip());
      }
      return new MeasuredProcess(Files.readAllLines(output), seconds, peak);
    } finally {
      process.destroy();
    }
  }

  /** Linux keeps the highest mark while the process lives. */
  private static long peak(Process process) {
    try {
      Matcher mark =
          PEAK.matcher(Files.readString(Path.of("/proc/%d/status".formatted(process.pid()))));
      return mark.find() ? Long.parseLong(mark.group(1)) * 1024 : 0;
    } catch (IOException gone) {
      return 0;
    }
  }
}
