package dev.whetstone.lora;

import dev.whetstone.weights.ModelConfig;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Random adapters for tests. */
public final class Adapters {
  private Adapters() {}

  /** Adapts q and down of every layer, enough to change a text but not to break it. */
  public static LoraAdapter of(ModelConfig config, int rank, long seed) {
    TreeMap<String, LoraAdapter.Module> modules = new TreeMap<>();
    SplittableRandom random = new SplittableRandom(seed);
    for (int layer = 0; layer < config.layers(); layer++) {
      int width = config.hiddenSize();
      modules.put(
          LoraTarget.moduleName(layer, "self_attn.q_proj"),
          module(width, config.heads() * config.headDim(), rank, random));
      modules.put(
          LoraTarget.moduleName(layer, "mlp.down_proj"),
          module(config.intermediateSize(), width, rank, random));
    }
    return new LoraAdapter(rank, 2 * rank, modules);
  }

  /** An adapter of one linear layer, 4 to 4 values, rank 1. */
  public static LoraAdapter tiny(long seed) {
    TreeMap<String, LoraAdapter.Module> modules = new TreeMap<>();
    modules.put(
        LoraTarget.moduleName(0, "self_attn.q_proj"), module(4, 4, 1, new SplittableRandom(seed)));
    return new LoraAdapter(1, 2, modules);
  }

  private static LoraAdapter.Module module(int in, int out, int rank, SplittableRandom random) {
    return new LoraAdapter.Module(in, out, draw(rank * in, random), draw(out * rank, random));
  }

  private static float[] draw(int count, SplittableRandom random) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * 0.08);
    }
    return values;
  }
}
