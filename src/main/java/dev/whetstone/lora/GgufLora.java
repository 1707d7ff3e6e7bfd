package dev.whetstone.lora;

import dev.whetstone.weights.GgufModel;
import dev.whetstone.weights.GgufWriter;
import dev.whetstone.weights.ModelConfig;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes an adapter as llama.cpp reads it with {@code --lora}: what its convert_lora_to_gguf.py
 * makes of PEFT's files.
 */
public final class GgufLora {
  private GgufLora() {}

  /**
   * Writes an adapter of a model; the stream stays open.
   *
   * @throws IllegalArgumentException for models that GGUF stores with fused matrices
   */
  public static void write(LoraAdapter adapter, ModelConfig config, OutputStream out)
      throws IOException {
    if (config.design().fused()) {
      throw new IllegalArgumentException(
          "adapters of %s models cannot be written as GGUF: it stores their matrices fused"
              .formatted(config.architecture()));
    }
    GgufWriter file =
        new GgufWriter()
            .put("general.architecture", GgufModel.architecture(config))
            .put("general.type", "adapter")
            .put("adapter.type", "lora")
            .put("adapter.lora.alpha", (float) adapter.alpha());
    adapter
        .modules()
        .forEach(
            (name, module) -> {
              String tensor = GgufModel.tensor(name + ".weight");
              float[] b = GgufModel.reordered(config, name + ".weight", module.b());
              file.put(tensor + ".lora_a", module.a(), adapter.rank(), module.in());
              file.put(tensor + ".lora_b", b, module.out(), adapter.rank());
            });
    file.write(out);
  }
}
