package dev.whetstone.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What Linux tells of the first processor of this machine.
 *
 * @param lines of {@code /proc/cpuinfo}, each a name, a colon and a value; none where it cannot be
 *     read
 */
public record ProcessorInfo(List<String> lines) {
  private static final Path FILE = Path.of("/proc/cpuinfo");

  public ProcessorInfo {
    lines = List.copyOf(lines);
  }

  /** Reads it of this machine. */
  public static ProcessorInfo read() {
    try {
      return new ProcessorInfo(Files.readAllLines(FILE));
    } catch (IOException unreadable) {
      return new ProcessorInfo(List.of());
    }
  }

  /** The instruction sets that it has, by the kernel's names. */
  public Set<String> flags() {
    return field("flags").map(flags -> Set.of(flags.split(" +"))).orElse(Set.of());
  }

  /** The value of a name. */
  public Optional<String> field(String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name))
        .findFirst()
        .map(line -> line.substring(line.indexOf(':') + 1).strip());
  }
}
