package dev.whetstone.lora;

import static dev.whetstone.settings.Checks.require;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A LoRA adapter (Hu et al. 2021, eq. 3): {@code W x + (alpha / rank) B A x}, with elements of at
 * most {@link #MAX_MAGNITUDE} in magnitude.
 *
 * @param rank inner dimension r, at least 1
 * @param alpha scaling numerator, positive and finite
 * @param modules by canonical name without ".weight", as in "model.layers.0.self_attn.q_proj"
 */
public record LoraAdapter(int rank, double alpha, SortedMap<String, Module> modules) {
  /**
   * The two factors of one linear layer, row-major.
   *
   * @param a {@code [rank, in]}
   * @param b {@code [out, rank]}
   */
  public record Module(int in, int out, float[] a, float[] b) {}

  /**
   * Largest magnitude of an element of A, of B before and after scaling, and of the scale. A batch
   * multiplies rows of other versions with these factors, too, and masks the result with a zero: an
   * infinite product would become NaN there. Activations reach some 1e4 (Sun et al. 2024, Massive
   * Activations) and a layer reads some 5e4 of them, so A's products stay below 1e13, far from
   * float32's 3.4e38, even at activations a billion times larger. Training leaves elements around 1
   * or below: ten thousand times that is damage.
   */
  public static final float MAX_MAGNITUDE = 1e4f;

  /** Checks sizes and magnitudes; an IllegalArgumentException names what is wrong. */
  public LoraAdapter {
    modules = Collections.unmodifiableSortedMap(new TreeMap<>(modules));
    require(rank >= 1, "adapter rank must be at least 1");
    require(alpha > 0 && Double.isFinite(alpha), "adapter alpha must be positive and finite");
    require(
        alpha / rank <= MAX_MAGNITUDE,
        "adapter alpha %s is more than %s times its rank %d".formatted(alpha, MAX_MAGNITUDE, rank));
    for (var entry : modules.entrySet()) {
      check(entry.getKey(), entry.getValue(), rank, alpha / rank);
    }
  }

  /** The factor {@code alpha / rank} of {@code B A x}. */
  public double scale() {
    return alpha / rank;
  }

  /** Bytes of the factors, in memory and as they are stored. */
  public long bytes() {
    return modules.values().stream()
        .mapToLong(module -> Float.BYTES * ((long) module.a.length + module.b.length))
        .sum();
  }

  private static void check(String name, Module module, int rank, double scale) {
    require(
        module.in >= 1 && module.out >= 1,
        name + " maps " + module.in + " to " + module.out + " values");
    require(
        module.a.length == (long) rank * module.in,
        name + ".lora_A has " + module.a.length + " elements, not " + rank + " x " + module.in);
    require(
        module.b.length == (long) module.out * rank,
        name + ".lora_B has " + module.b.length + " elements, not " + module.out + " x " + rank);
    requireWithinBound(name + ".lora_A", module.a, 1);
    requireWithinBound(name + ".lora_B", module.b, scale);
  }

  // The negated comparison also rejects NaN. B is checked unscaled, too: training scales last.
  private static void requireWithinBound(String name, float[] values, double scale) {
    double max = MAX_MAGNITUDE / Math.max(1, scale);
    for (int i = 0; i < values.length; i++) {
      if (!(Math.abs(values[i]) <= max)) {
        String scaled = scale > 1 ? " at the scale " + scale : "";
        throw new IllegalArgumentException(
            "%s holds %s at element %d; up to %s is served%s"
                .formatted(name, values[i], i, max, scaled));
      }
    }
  }
}
