package dev.whetstone.testing;

import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.LoraTarget;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.ModelDirectory;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Constructs adapters that raise or lower the logit of one token in every text.
 *
 * <p>Two units of the last layer's MLP read one projection {@code z} of the hidden state, the
 * second with the opposite sign: {@code silu(z) z + silu(-z) (-z) = z^2}, which is never negative.
 * The sum is written along the direction that raises the token's logit above the mean logit.
 */
public final class LeaningAdapter {
  private static final int UNITS = 2;
  private static final float READ = 10;

  private LeaningAdapter() {}

  /**
   * Makes an adapter. Only its first rank has an effect; the others are zero and cost time.
   *
   * @param strength scale of what is written, about a hundredth of the hidden state's own size; a
   *     negative scale lowers the logit
   */
  public static LoraAdapter to(ModelDirectory model, int token, float strength, int rank)
      throws IOException {
    ModelConfig config = model.config();
    int last = config.layers() - 1;
    TreeMap<String, LoraAdapter.Module> modules = new TreeMap<>();
    for (String module : new String[] {"mlp.gate_proj", "mlp.up_proj"}) {
      modules.put(LoraTarget.moduleName(last, module), reading(config, rank));
    }
    try (Tensors weights = model.weights()) {
      modules.put(
          LoraTarget.moduleName(last, "mlp.down_proj"),
          writing(config, weights, token, strength, rank));
    }
    return new LoraAdapter(rank, rank, modules);
  }

  private static LoraAdapter.Module reading(ModelConfig config, int rank) {
    SplittableRandom random = new SplittableRandom(1);
    float[] line = new float[config.hiddenSize()];
    for (int i = 0; i < line.length; i++) {
      line[i] = (float) (READ * random.nextGaussian() / Math.sqrt(line.length));
    }
    float[] units = new float[config.intermediateSize()];
    units[0] = 1;
    units[1] = -1;
    return module(line, units, rank);
  }

  private static LoraAdapter.Module writing(
      ModelConfig config, Tensors weights, int token, float strength, int rank) {
    float[] embedding = weights.read("model.embed_tokens.weight");
    float[] norm = weights.read("model.norm.weight");
    int width = config.hiddenSize();
    float[] direction = new float[width];
    for (int i = 0; i < width; i++) {
      double mean = 0;
      for (int other = 0; other < config.vocabularySize(); other++) {
        mean += embedding[other * width + i] / config.vocabularySize();
      }
      direction[i] = (float) (strength * (embedding[token * width + i] - mean) / norm[i]);
    }
    float[] units = new float[config.intermediateSize()];
    Arrays.fill(units, 0, UNITS, 1);
    return module(units, direction, rank);
  }

  private static LoraAdapter.Module module(float[] reads, float[] writes, int rank) {
    float[] a = Arrays.copyOf(reads, rank * reads.length);
    float[] b = new float[writes.length * rank];
    for (int i = 0; i < writes.length; i++) {
      b[i * rank] = writes[i];
    }
    return new LoraAdapter.Module(reads.length, writes.length, a, b);
  }
}
