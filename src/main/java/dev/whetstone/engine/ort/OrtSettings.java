package dev.whetstone.engine.ort;

import java.nio.file.Path;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * How a model is run.
 *
 * @param decodeGraph runs one token of many sequences
 * @param prefillGraph reads prompts; null uses {@code decodeGraph}
 * @param slots KV slots
 * @param slotLength tokens a slot holds
 * @param threads of the runtime, shared by both graphs
 * @param cudaDevice empty runs on the CPU
 */
public record OrtSettings(
    Path decodeGraph,
    @Nullable Path prefillGraph,
    int slots,
    int slotLength,
    int threads,
    OptionalInt cudaDevice) {
  public OrtSettings {
    if (slots < 1 || slotLength < 1 || threads < 1) {
      throw new IllegalArgumentException("slots, slot length and threads must be at least 1");
    }
  }
}
