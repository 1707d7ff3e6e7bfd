package dev.whetstone.engine.ort;

import dev.whetstone.io.ProcessorInfo;
import java.util.Collections;
import java.util.Set;

/**
 * Whether this processor adds products of unsigned and signed bytes exactly, as VNNI does. AVX2
 * alone saturates intermediate sums ({@code vpmaddubsw}); there the runtime must be set to use
 * slower exact kernels.
 */
final class VnniSupport {
  private static final Set<String> VNNI = Set.of("avx512_vnni", "avx_vnni");

  private VnniSupport() {}

  /** Whether this processor is exact; false if that cannot be determined. */
  static boolean isExact() {
    if (!System.getProperty("os.arch").equals("amd64")) {
      return true;
    }
    return isExact(ProcessorInfo.read());
  }

  /** Whether a processor is exact. */
  static boolean isExact(ProcessorInfo processor) {
    return !Collections.disjoint(processor.flags(), VNNI);
  }
}
