package dev.whetstone.dpo;

import dev.whetstone.dpo.config.TrainedWeights;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.LoraTarget;
import dev.whetstone.weights.ModelConfig;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * An adapter that changes nothing yet, as PEFT begins: A uniform in ±1/√in (Kaiming with a = √5), B
 * zero.
 */
final class LoraInit {
  private LoraInit() {}

  static LoraAdapter of(ModelConfig config, TrainedWeights.Lora lora, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    TreeMap<String, LoraAdapter.Module> modules = new TreeMap<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      for (LoraTarget site : LoraTarget.values()) {
        for (String name : site.modules()) {
          if (lora.targets().contains(target(name))) {
            int in = site.inputs(config);
            int out = LoraTarget.outputs(config, name);
            float[] a = uniform(random.split(), lora.rank() * in, 1 / Math.sqrt(in));
            modules.put(
                LoraTarget.module(layer, name),
                new LoraAdapter.Module(in, out, a, new float[out * lora.rank()]));
          }
        }
      }
    }
    return new LoraAdapter(lora.rank(), lora.alpha(), modules);
  }

  /** "q" of "self_attn.q_proj". */
  static String target(String module) {
    return module.substring(module.indexOf('.') + 1, module.length() - "_proj".length());
  }

  private static float[] uniform(SplittableRandom random, int count, double bound) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(-bound, bound);
    }
    return values;
  }
}
