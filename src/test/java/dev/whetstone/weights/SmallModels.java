package dev.whetstone.weights;

import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Models of two layers with random weights, one for every supported feature. */
public final class SmallModels {
  private SmallModels() {}

  /** Tied embeddings, two query heads per key head. */
  public static ModelConfig llama() {
    return config("llama", true, null, 10_000);
  }

  public static ModelConfig withOwnHead(String architecture) {
    return config(architecture, false, null, 1_000_000);
  }

  /** The wavelengths of its 8 frequencies lie below, between and above the two limits. */
  public static ModelConfig stretched() {
    return config("llama", false, new RopeScaling.Llama3(8, 1, 4, 64), 500);
  }

  private static ModelConfig config(
      String architecture, boolean tied, @Nullable RopeScaling scaling, double theta) {
    boolean biased = architecture.equals("qwen2");
    return new ModelConfig(
        architecture,
        64,
        96,
        2,
        4,
        2,
        16,
        96,
        256,
        1e-5,
        theta,
        scaling,
        tied,
        biased,
        1,
        Set.of(2),
        DecoderDesign.PLAIN);
  }

  /** Random weights for a configuration. */
  public static MemoryTensors tensors(ModelConfig config, long seed) {
    Random random = new Random(seed);
    Map<String, MemoryTensors.Values> tensors = new TreeMap<>();
    ModelValidator.expected(config)
        .forEach((name, shape) -> tensors.put(name, values(name, shape, random)));
    return new MemoryTensors(tensors);
  }

  private static MemoryTensors.Values values(String name, long[] shape, Random random) {
    float[] values = new float[(int) StoredTensor.elements(name, shape)];
    for (int i = 0; i < values.length; i++) {
      double offset = name.contains("norm") ? 1 : 0;
      values[i] = (float) (offset + 0.15 * random.nextGaussian());
    }
    return new MemoryTensors.Values(values, shape);
  }
}
