package dev.whetstone.lora;

import dev.whetstone.weights.ModelConfig;
import java.util.Collection;

/** How large an adapter is that does not exist yet. */
public final class AdapterSize {
  private AdapterSize() {}

  /**
   * Bytes of an adapter's float32 factors.
   *
   * @param layers names of linear layers of a block, such as {@code q} or {@code down}
   */
  public static long bytes(ModelConfig config, int rank, Collection<String> layers) {
    long values = 0;
    for (LoraTarget target : LoraTarget.of(config)) {
      for (String module : target.modules()) {
        String name = module.substring(module.indexOf('.') + 1).replace("_proj", "");
        if (layers.contains(name)) {
          values += target.inputSize(config) + (long) LoraTarget.outputSize(config, module);
        }
      }
    }
    return values * rank * config.layers() * Float.BYTES;
  }
}
