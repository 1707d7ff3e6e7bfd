package dev.whetstone.policy;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A LoRA adapter (Hu et al. 2021, eq. 3): {@code W x + (alpha / rank) B A x}.
 *
 * @param rank inner dimension r
 * @param alpha scaling numerator
 * @param modules by canonical name without ".weight", as in "model.layers.0.self_attn.q_proj"
 */
public record Adapter(int rank, double alpha, SortedMap<String, Module> modules) {
  /**
   * The two factors of one linear layer, row-major.
   *
   * @param a {@code [rank, in]}
   * @param b {@code [out, rank]}
   */
  public record Module(int in, int out, float[] a, float[] b) {}

  public Adapter {
    modules = Collections.unmodifiableSortedMap(new TreeMap<>(modules));
    if (rank < 1) {
      throw new IllegalArgumentException("adapter rank must be at least 1");
    }
    if (!(alpha > 0) || Double.isInfinite(alpha)) {
      throw new IllegalArgumentException("adapter alpha must be positive and finite");
    }
    for (var entry : modules.entrySet()) {
      check(entry.getKey(), entry.getValue(), rank);
    }
  }

  /** Factor of {@code B A x}. */
  public double scale() {
    return alpha / rank;
  }

  private static void check(String name, Module module, int rank) {
    if (module.in < 1 || module.out < 1) {
      throw new IllegalArgumentException(
          name + " maps " + module.in + " to " + module.out + " values");
    }
    if (module.a.length != (long) rank * module.in) {
      throw new IllegalArgumentException(
          name + ".lora_A has " + module.a.length + " elements, not " + rank + " x " + module.in);
    }
    if (module.b.length != (long) module.out * rank) {
      throw new IllegalArgumentException(
          name + ".lora_B has " + module.b.length + " elements, not " + module.out + " x " + rank);
    }
    requireFinite(name + ".lora_A", module.a);
    requireFinite(name + ".lora_B", module.b);
  }

  private static void requireFinite(String name, float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new IllegalArgumentException(name + " holds " + values[i] + " at element " + i);
      }
    }
  }
}
