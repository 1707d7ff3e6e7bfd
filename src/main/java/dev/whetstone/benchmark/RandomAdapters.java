package dev.whetstone.benchmark;

import dev.whetstone.io.Sha256;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.LoraTarget;
import dev.whetstone.policy.Policy;
import dev.whetstone.weights.ModelConfig;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Versions whose adapters cover every linear layer of a model with small random values: they cost
 * what trained ones cost.
 */
public final class RandomAdapters {
  private static final double DEVIATION = 0.01;

  private final ModelConfig model;
  private final int rank;

  public RandomAdapters(ModelConfig model, int rank) {
    this.model = model;
    this.rank = rank;
  }

  /** The same number gives the same version. */
  public Policy version(int number) {
    Random random = new Random(number);
    SortedMap<String, LoraAdapter.Module> modules = new TreeMap<>();
    for (int layer = 0; layer < model.layers(); layer++) {
      for (LoraTarget site : LoraTarget.values()) {
        for (String module : site.modules()) {
          modules.put(LoraTarget.module(layer, module), module(site, module, random));
        }
      }
    }
    String version = "bench-" + number;
    return new Policy(version, Sha256.of(version), new LoraAdapter(rank, 2.0 * rank, modules));
  }

  private LoraAdapter.Module module(LoraTarget site, String module, Random random) {
    int in = site.inputs(model);
    int out = LoraTarget.outputs(model, module);
    return new LoraAdapter.Module(in, out, values(rank * in, random), values(out * rank, random));
  }

  private static float[] values(int count, Random random) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (DEVIATION * random.nextGaussian());
    }
    return values;
  }
}
