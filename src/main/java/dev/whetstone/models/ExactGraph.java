package dev.whetstone.models;

import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.onnx.OnnxExport;
import dev.whetstone.onnx.Precision;
import dev.whetstone.weights.ModelDirectory;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A model's float32 graph for a few measurements. Its data is several times as large as all else of
 * a model, so one that is not served is made when it is needed and deleted afterwards.
 *
 * @param folder that holds {@code exact.onnx}
 * @param temporary whether {@link #close} deletes the folder
 */
record ExactGraph(Path folder, boolean temporary) implements AutoCloseable {
  private static final String PREFIX = ".exact-";
  private static final String GRAPH = "exact.onnx";

  /** The graph of an exported model, else a temporary one. */
  static ExactGraph of(ModelDirectory model) throws IOException {
    if (ModelStore.isExported(model.path(), Precision.FP32)) {
      return new ExactGraph(model.path(), false);
    }
    removeLeftovers(model.path());
    ExactGraph made = new ExactGraph(Files.createTempDirectory(model.path(), PREFIX), true);
    try (Tensors weights = model.weights()) {
      OnnxExport.writeExact(made.folder, model.config(), weights, model.hash(), false);
    } catch (IOException | RuntimeException e) {
      made.close();
      throw e;
    }
    return made;
  }

  /** Removes what a killed process left. */
  private static void removeLeftovers(Path model) throws IOException {
    List<Path> leftovers;
    try (Stream<Path> entries = Files.list(model)) {
      leftovers = entries.filter(e -> e.getFileName().toString().startsWith(PREFIX)).toList();
    }
    for (Path leftover : leftovers) {
      AtomicDirectory.deleteTree(leftover);
    }
  }

  Path path() {
    return folder.resolve(GRAPH);
  }

  static boolean isExact(Path graph) {
    return graph.endsWith(GRAPH);
  }

  @Override
  public void close() throws IOException {
    if (temporary) {
      AtomicDirectory.deleteTree(folder);
    }
  }
}
