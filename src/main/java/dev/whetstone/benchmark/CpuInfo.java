package dev.whetstone.benchmark;

import dev.whetstone.io.ProcessorInfo;
import java.util.List;
import java.util.stream.Collectors;

/** This machine's processor, to be named with measured figures. */
public final class CpuInfo {
  private static final List<String> REPORTED_FLAGS =
      List.of("avx2", "avx512f", "avx512_vnni", "amx_int8");

  private CpuInfo() {}

  /** Model name, the instruction sets that matter to speed, and the number of cores. */
  public static String name() {
    ProcessorInfo processor = ProcessorInfo.read();
    String model = processor.field("model name").orElse(System.getProperty("os.arch"));
    String sets =
        REPORTED_FLAGS.stream()
            .filter(processor.flags()::contains)
            .collect(Collectors.joining(" "));
    return "%s%s, %d cores"
        .formatted(
            model,
            sets.isEmpty() ? "" : " (" + sets + ")",
            Runtime.getRuntime().availableProcessors());
  }
}
