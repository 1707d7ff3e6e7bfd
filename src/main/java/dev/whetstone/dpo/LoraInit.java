package dev.whetstone.dpo;

import dev.whetstone.dpo.config.TrainedWeights;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.LoraTarget;
import dev.whetstone.weights.ModelConfig;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * The initial adapter, as PEFT makes it: A is uniform in ±1/√in (Kaiming with a = √5) and B is
 * zero, so that it changes nothing yet.
 */
final class LoraInit {
  private LoraInit() {}

  static LoraAdapter of(ModelConfig config, TrainedWeights.Lora lora, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    TreeMap<String, LoraAdapter.Module> modules = new TreeMap<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      for (LoraTarget target : LoraTarget.of(config)) {
        int in = target.inputSize(config);
        String fused = config.design().fused() ? target.fusedModule() : null;
        List<String> trained =
            target.modules().stream()
                .filter(name -> lora.targets().contains(layerName(name)))
                .toList();
        if (fused != null && !trained.isEmpty()) {
          int out = target.outputSize(config);
          modules.put(LoraTarget.moduleName(layer, fused), module(random, lora, in, out));
        } else {
          for (String name : trained) {
            int out = LoraTarget.outputSize(config, name);
            modules.put(LoraTarget.moduleName(layer, name), module(random, lora, in, out));
          }
        }
      }
    }
    return new LoraAdapter(lora.rank(), lora.alpha(), modules);
  }

  private static LoraAdapter.Module module(
      SplittableRandom random, TrainedWeights.Lora lora, int in, int out) {
    float[] a = uniform(random.split(), lora.rank() * in, 1 / Math.sqrt(in));
    return new LoraAdapter.Module(in, out, a, new float[out * lora.rank()]);
  }

  /** The name in {@code target_modules}: "q" of "self_attn.q_proj". */
  static String layerName(String module) {
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
