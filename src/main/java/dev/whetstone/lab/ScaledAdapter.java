package dev.whetstone.lab;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Versions made from another one's adapter: the same change of the base, more or less of it. */
final class ScaledAdapter {
  private final LabGateway gateway;

  ScaledAdapter(LabGateway gateway) {
    this.gateway = gateway;
  }

  /** Imports a version's adapter with B times a factor; returns the new version. */
  String of(String version, double factor) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("whetstone-lab-");
    try {
      LoraAdapter adapter = gateway.adapter(version, folder);
      Path tensors = folder.resolve("adapter_model.safetensors");
      Files.write(tensors, PeftFiles.tensors(scaled(adapter, factor)));
      return publish(tensors, folder.resolve("adapter_config.json"));
    } finally {
      AtomicDirectory.deleteTree(folder);
    }
  }

  /** Imports an adapter in PEFT's files; returns its version. */
  String publish(Path tensors, Path config) throws IOException {
    JsonNode policy =
        gateway
            .asOperator()
            .post("/policies", Map.of("adapter_model", tensors, "adapter_config", config));
    return policy.path("version").asText();
  }

  private static LoraAdapter scaled(LoraAdapter adapter, double factor) {
    TreeMap<String, LoraAdapter.Module> modules = new TreeMap<>();
    adapter
        .modules()
        .forEach(
            (name, module) -> {
              float[] b = module.b().clone();
              for (int i = 0; i < b.length; i++) {
                b[i] = (float) (b[i] * factor);
              }
              modules.put(name, new LoraAdapter.Module(module.in(), module.out(), module.a(), b));
            });
    return new LoraAdapter(adapter.rank(), adapter.alpha(), modules);
  }
}
