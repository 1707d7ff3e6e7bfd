package dev.whetstone.engine.ort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether this processor adds products of unsigned and signed bytes exactly, as VNNI does. AVX2
 * alone saturates intermediate sums ({@code vpmaddubsw}); there the runtime must be set to use
 * slower exact kernels.
 */
final class VnniSupport {
  private static final Path CPU = Path.of("/proc/cpuinfo");
  private static final List<String> VNNI = List.of(" avx512_vnni ", " avx_vnni ");

  private VnniSupport() {}

  /** Whether this processor is exact; false if that cannot be determined. */
  static boolean isExact() {
    if (!System.getProperty("os.arch").equals("amd64")) {
      return true;
    }
    try {
      return isExact(Files.readAllLines(CPU));
    } catch (IOException unknown) {
      return false;
    }
  }

  /** Whether the processor described by the lines of {@code /proc/cpuinfo} is exact. */
  static boolean isExact(List<String> cpuInfo) {
    return cpuInfo.stream()
        .filter(line -> line.startsWith("flags"))
        .findFirst()
        .map(flags -> VNNI.stream().anyMatch((flags + ' ')::contains))
        .orElse(false);
  }
}
