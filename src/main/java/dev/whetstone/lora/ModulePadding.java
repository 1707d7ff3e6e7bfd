package dev.whetstone.lora;

import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Gives the modules of an adapter one rank and one scale, where PEFT's patterns give them several:
 * missing ranks are zeros, and B takes the difference of the scales.
 */
final class ModulePadding {
  private ModulePadding() {}

  /**
   * The adapter of modules that have the ranks which the settings give them.
   *
   * @throws IllegalArgumentException when the adapter is not valid
   */
  static LoraAdapter joined(PeftConfig settings, SortedMap<String, LoraAdapter.Module> modules) {
    int rank = modules.keySet().stream().mapToInt(settings::rank).max().orElse(settings.rank());
    double scale = settings.scale();
    if (settings.ranks().isEmpty() && settings.alphas().isEmpty()) {
      return new LoraAdapter(
          rank, settings.rankStabilised() ? scale * rank : settings.alpha(), modules);
    }
    TreeMap<String, LoraAdapter.Module> padded = new TreeMap<>();
    modules.forEach(
        (name, module) ->
            padded.put(
                name, padded(module, settings.rank(name), rank, settings.scale(name) / scale)));
    return new LoraAdapter(rank, scale * rank, padded);
  }

  private static LoraAdapter.Module padded(
      LoraAdapter.Module module, int from, int to, double factor) {
    float[] a = Arrays.copyOf(module.a(), to * module.in());
    float[] b = new float[module.out() * to];
    for (int row = 0; row < module.out(); row++) {
      for (int r = 0; r < from; r++) {
        b[row * to + r] = (float) (factor * module.b()[row * from + r]);
      }
    }
    return new LoraAdapter.Module(module.in(), module.out(), a, b);
  }
}
