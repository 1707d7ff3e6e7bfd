package dev.whetstone.engine.ort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether this processor adds up products of unsigned and signed bytes exactly, as VNNI does. AVX2
 * alone saturates in between ({@code vpmaddubsw}), so there the runtime must be told to take a
 * slower way.
 */
final class VnniSupport {
  private static final Path CPU = Path.of("/proc/cpuinfo");
  private static final List<String> VNNI = List.of(" avx512_vnni ", " avx_vnni ");

  private VnniSupport() {}

  static boolean exact() {
    if (!System.getProperty("os.arch").equals("amd64")) {
      return true;
    }
    try {
      return exact(Files.readAllLines(CPU));
    } catch (IOException unknown) {
      return false;
    }
  }

  static boolean exact(List<String> cpuInfo) {
    return cpuInfo.stream()
        .filter(line -> line.startsWith("flags"))
        .findFirst()
        .map(flags -> VNNI.stream().anyMatch((flags + ' ')::contains))
        .orElse(false);
  }
}
