package dev.whetstone.dpo.network;

import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.LoraTarget;
import dev.whetstone.weights.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The trainable factors of an adapter. */
final class LoraParameters {
  private record Factors(Parameter a, Parameter b) {}

  private final int rank;
  private final double alpha;
  private final TreeMap<String, Factors> modules = new TreeMap<>();

  LoraParameters(LoraAdapter initial) {
    this.rank = initial.rank();
    this.alpha = initial.alpha();
    initial
        .modules()
        .forEach(
            (name, module) ->
                modules.put(
                    name,
                    new Factors(
                        new Parameter(
                            name + ".lora_A.weight", module.a().clone(), rank, module.in()),
                        new Parameter(
                            name + ".lora_B.weight", module.b().clone(), module.out(), rank))));
  }

  /** Sorted by name, A before B. */
  List<Parameter> parameters() {
    List<Parameter> all = new ArrayList<>();
    modules.values().forEach(factors -> all.addAll(List.of(factors.a, factors.b)));
    return all;
  }

  /** The factors of a block's target; null when none of its modules is adapted. */
  @Nullable LoraFactors factors(int layer, LoraTarget target, ModelConfig config) {
    List<LoraFactors.Module> adapted = new ArrayList<>();
    String whole = target.fusedModule();
    Factors fused = whole == null ? null : modules.get(LoraTarget.moduleName(layer, whole));
    if (fused != null) {
      adapted.add(new LoraFactors.Module(fused.a, fused.b, 0));
      return new LoraFactors(adapted, rank, alpha / rank);
    }
    int row = 0;
    for (String module : target.modules()) {
      Factors factors = modules.get(LoraTarget.moduleName(layer, module));
      if (factors != null) {
        adapted.add(new LoraFactors.Module(factors.a, factors.b, row));
      }
      row += LoraTarget.outputSize(config, module);
    }
    return adapted.isEmpty() ? null : new LoraFactors(adapted, rank, alpha / rank);
  }

  /** A copy with the parameters' present values. */
  LoraAdapter adapter() {
    TreeMap<String, LoraAdapter.Module> copy = new TreeMap<>();
    modules.forEach(
        (name, factors) ->
            copy.put(
                name,
                new LoraAdapter.Module(
                    (int) factors.a.shape()[1],
                    (int) factors.b.shape()[0],
                    factors.a.values().clone(),
                    factors.b.values().clone())));
    return new LoraAdapter(rank, alpha, copy);
  }
}
