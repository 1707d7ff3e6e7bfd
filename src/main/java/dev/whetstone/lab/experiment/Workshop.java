package dev.whetstone.lab.experiment;

import dev.whetstone.lab.Laboratory;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What trials work with. The model is opened when it is first needed. */
public final class Workshop implements AutoCloseable {
  /** Fetches or opens the tiny model. */
  @FunctionalInterface
  public interface Model {
    ModelDirectory open() throws IOException;
  }

  private final Model model;
  private final int threads;
  private final Path root;
  private final Laboratory laboratory;
  private final Consumer<String> progress;
  private @Nullable ReviewBench bench;

  /**
   * Prepares a workshop.
   *
   * @param threads of training and sampling
   * @param root where Whetstone was cloned, with its load-tests
   * @param laboratory plays the loop
   */
  public Workshop(
      Model model, int threads, Path root, Laboratory laboratory, Consumer<String> progress) {
    this.model = model;
    this.threads = threads;
    this.root = root;
    this.laboratory = laboratory;
    this.progress = progress;
  }

  ReviewBench bench() throws IOException {
    if (bench == null) {
      bench = ReviewBench.open(model.open(), threads);
    }
    return bench;
  }

  Laboratory laboratory() {
    return laboratory;
  }

  Path root() {
    return root;
  }

  void say(String line) {
    progress.accept(line);
  }

  @Override
  public void close() {
    if (bench != null) {
      bench.close();
    }
  }
}
