package dev.whetstone.engine.ort;

import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.LoraTarget;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** Refuses adapters whose modules do not fit the graph. */
final class AdapterValidator {
  private AdapterValidator() {}

  /**
   * Checks the name and shape of every module.
   *
   * @throws IllegalArgumentException that names the module that is missing or has another shape
   */
  static void check(LoraAdapter adapter, GraphShape shape) {
    Map<String, int[]> known = modules(shape);
    adapter
        .modules()
        .forEach(
            (name, module) -> {
              int[] expected = known.get(name);
              if (expected == null) {
                throw new IllegalArgumentException("the model has no linear layer " + name);
              }
              if (module.in() != expected[0] || module.out() != expected[1]) {
                throw new IllegalArgumentException(
                    "%s maps %d to %d values in the adapter, but %d to %d in the model"
                        .formatted(name, module.in(), module.out(), expected[0], expected[1]));
              }
            });
  }

  private static Map<String, int[]> modules(GraphShape shape) {
    Map<String, int[]> modules = new HashMap<>();
    for (LoraTarget target : shape.targets()) {
      int[] outputs = shape.outputSizes(target);
      for (int layer = 0; layer < shape.layers(); layer++) {
        if (target.fusedModule() != null) {
          modules.put(
              LoraTarget.moduleName(layer, target.fusedModule()),
              new int[] {shape.inputSize(target), IntStream.of(outputs).sum()});
        }
        for (int m = 0; m < outputs.length; m++) {
          modules.put(
              LoraTarget.moduleName(layer, target.modules().get(m)),
              new int[] {shape.inputSize(target), outputs[m]});
        }
      }
    }
    return modules;
  }
}
