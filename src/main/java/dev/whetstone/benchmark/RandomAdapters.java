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
 * Versions whose adapters have small random values on every linear layer of a model: they cost as
 * much as trained ones.
 */
public final class RandomAdapters {
  private static final double DEVIATION = 0.01;

  private final ModelConfig model;
  private final int rank;

  public RandomAdapters(ModelConfig model, int rank) {
    this.model = model;
    this.rank = rank;
  }

  /** A version that depends on the number alone. */
  public Policy version(int number) {
    Random random = new Random(number);
    SortedMap<String, LoraAdapter.Module> modules = new TreeMap<>();
    for (int layer = 0; layer < model.layers(); layer++) {
      for (LoraTarget target : LoraTarget.of(model)) {
        for (String module : target.modules()) {
          modules.put(LoraTarget.moduleName(layer, module), module(target, module, random));
        }
      }
    }
    String version = "bench-" + number;
    return new Policy(version, Sha256.of(version), new LoraAdapter(rank, 2.0 * rank, modules));
  }

  private LoraAdapter.Module module(LoraTarget target, String module, Random random) {
    int in = target.inputSize(model);
    int out = LoraTarget.outputSize(model, module);
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
