package dev.whetstone.models;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;

/** What this machine, or the container it is, has left. */
public final class MachineResources {
  private static final Path MEMORY = Path.of("/proc/meminfo");

  private MachineResources() {}

  /** Bytes of memory that processes may still take: what is available, or a container's limit. */
  public static long memory() {
    return memory(
        MEMORY,
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize());
  }

  /**
   * The smaller of a limit and MemAvailable.
   *
   * @param meminfo in the format of /proc/meminfo; the limit alone counts where it cannot be read
   */
  static long memory(Path meminfo, long limit) {
    try (Stream<String> lines = Files.lines(meminfo)) {
      return lines
          .filter(line -> line.startsWith("MemAvailable:"))
          .map(line -> line.replaceAll("\\D", ""))
          .mapToLong(kilobytes -> Long.parseLong(kilobytes) * 1024)
          .map(available -> Math.min(available, limit))
          .findFirst()
          .orElse(limit);
    } catch (IOException | RuntimeException unreadable) {
      return limit;
    }
  }

  /** Free bytes on the disk of a folder, which need not exist yet. */
  public static long disk(Path folder) throws IOException {
    Path existing = folder.toAbsolutePath();
    while (!Files.exists(existing)) {
      existing = Objects.requireNonNull(existing.getParent());
    }
    return Files.getFileStore(existing).getUsableSpace();
  }
}
