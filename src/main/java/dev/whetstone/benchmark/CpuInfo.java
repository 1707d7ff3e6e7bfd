package dev.whetstone.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** This machine's processor, to be named with measured figures. */
public final class CpuInfo {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final List<String> REPORTED_FLAGS =
      List.of("avx2", "avx512f", "avx512_vnni", "amx_int8");

  private CpuInfo() {}

  /** Model name, the instruction sets that matter to speed, and the number of cores. */
  public static String name() {
    int cores = Runtime.getRuntime().availableProcessors();
    String cpu = System.getProperty("os.arch");
    if (Files.isReadable(CPU_INFO)) {
      try {
        List<String> lines = Files.readAllLines(CPU_INFO);
        Set<String> flags =
            field(lines, "flags").flatMap(f -> Stream.of(f.split(" "))).collect(Collectors.toSet());
        String model = field(lines, "model name").findFirst().orElse(cpu);
        String sets =
            REPORTED_FLAGS.stream().filter(flags::contains).collect(Collectors.joining(" "));
        cpu = sets.isEmpty() ? model : model + " (" + sets + ")";
      } catch (IOException unreadable) {
        return cpu + ", " + cores + " cores";
      }
    }
    return cpu + ", " + cores + " cores";
  }

  private static Stream<String> field(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name))
        .limit(1)
        .map(line -> line.substring(line.indexOf(':') + 1).strip());
  }
}
