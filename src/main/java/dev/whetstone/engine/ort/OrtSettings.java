package dev.whetstone.engine.ort;

import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How {@link OrtModel} runs a model.
 *
 * @param decodeGraph graph that computes one token of many sequences
 * @param prefillGraph graph that computes prompts; null uses {@code decodeGraph}
 * @param slots KV slots
 * @param slotLength maximum tokens in a slot
 * @param threads threads of the runtime, shared by both graphs
 * @param cudaDevice number of the GPU; empty for the CPU
 * @param packed whether matrices are copied into the layout that is fastest to multiply; else they
 *     are read from the mapped file, which suits a few runs of a large graph
 */
public record OrtSettings(
    Path decodeGraph,
    @Nullable Path prefillGraph,
    int slots,
    int slotLength,
    int threads,
    OptionalInt cudaDevice,
    boolean packed) {
  private static final Pattern DEVICE = Pattern.compile("cpu|cuda(?::(\\d{1,3}))?");

  /**
   * Parses a device name, {@code cpu} or {@code cuda[:N]}.
   *
   * @return number of the GPU; empty for the CPU
   * @throws IllegalArgumentException for another name
   */
  public static OptionalInt cudaDevice(String device) {
    Matcher name = DEVICE.matcher(device);
    if (!name.matches()) {
      throw new IllegalArgumentException(
          "whetstone.engine.device must be cpu, cuda or cuda:N, not '" + device + "'");
    }
    if (device.equals("cpu")) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(name.group(1) == null ? 0 : Integer.parseInt(name.group(1)));
  }

  /** Settings for serving: matrices are packed. */
  public OrtSettings(
      Path decodeGraph,
      @Nullable Path prefillGraph,
      int slots,
      int slotLength,
      int threads,
      OptionalInt cudaDevice) {
    this(decodeGraph, prefillGraph, slots, slotLength, threads, cudaDevice, true);
  }

  public OrtSettings {
    if (slots < 1 || slotLength < 1 || threads < 1) {
      throw new IllegalArgumentException("slots, slot length and threads must be at least 1");
    }
  }
}
