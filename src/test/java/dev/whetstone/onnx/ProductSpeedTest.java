package dev.whetstone.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.whetstone.onnx.ProductGraph.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Prints how long ONNX Runtime's products with quantised weights take, and with how many rows a row
 * gets other bits than alone: {@code ./test -Dtest=ProductSpeedTest -Dproducts}, or {@code
 * -Dproducts=896x9728,4864x896} for other sizes, inputs first.
 */
@EnabledIfSystemProperty(named = "products", matches = ".*")
class ProductSpeedTest {
  /** Of Qwen2.5-Coder-0.5B: q, k and v; gate and up; down. */
  private static final String SIZES = "896x1152,896x9728,4864x896";

  private static final List<Integer> ROWS = List.of(1, 2, 4, 8, 16, 32);
  private static final int ROUNDS = 12;

  /** Weights of a product's copies together: more than the caches near a core hold. */
  private static final long WEIGHTS = 40_000_000;

  private static final Set<Kind> OTHER_BITS =
      Set.of(Kind.NIBBLES_64, Kind.NIBBLES_128, Kind.NIBBLES_32_FLOATS);

  @TempDir Path folder;

  @Test
  void onlyBlocksOf64AndMoreAndFloatsChangeARowsBits() throws OrtException, IOException {
    String asked = System.getProperty("products", "");
    for (String size : (asked.contains("x") ? asked : SIZES).split(",", -1)) {
      int by = size.indexOf('x');
      measure(Integer.parseInt(size.substring(0, by)), Integer.parseInt(size.substring(by + 1)));
    }
  }

  private void measure(int in, int out) throws OrtException, IOException {
    List<Product> products = new ArrayList<>();
    System.out.printf("%d x %d, microseconds, least of %d runs%n%4s", in, out, ROUNDS, "rows");
    for (Kind kind : Kind.values()) {
      products.add(open(kind, in, out));
      System.out.printf("%12s", kind.label());
    }
    for (int rows : ROWS) {
      for (int round = 0; round < ROUNDS; round++) {
        for (Product product : products) {
          product.run(rows, in);
        }
      }
      System.out.printf("%n%4d", rows);
      products.forEach(product -> System.out.printf("%12.1f", product.takeLeast()));
    }
    System.out.println();
    for (Product product : products) {
      product.session.close();
      System.out.println(product.kind + " has other bits with " + product.otherBits);
      if (!OTHER_BITS.contains(product.kind)) {
        assertThat(product.otherBits).as("%s", product.kind).isEmpty();
      }
    }
  }

  private Product open(Kind kind, int in, int out) throws OrtException, IOException {
    int copies = (int) Math.max(1, WEIGHTS / ((long) in * out));
    Path file = ProductGraph.write(folder.resolve("m.onnx"), kind, in, out, copies);
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.disablePerSessionThreads();
      OrtSession session = environment().createSession(file.toString(), options);
      return new Product(kind, session, copies, out);
    }
  }

  /** Copies of a product of one kind, and what was seen of them. */
  private static final class Product {
    final Kind kind;
    final OrtSession session;
    final Set<Integer> otherBits = new TreeSet<>();
    private final int copies;
    private final float[] alone;
    private double least = Double.MAX_VALUE;

    Product(Kind kind, OrtSession session, int copies, int out) {
      this.kind = kind;
      this.session = session;
      this.copies = copies;
      this.alone = new float[out];
    }

    void run(int rows, int in) throws OrtException {
      float[] first = rows == 1 ? alone : new float[alone.length];
      try (OnnxTensor tensor =
          OnnxTensor.createTensor(environment(), input(rows, in), new long[] {rows, in})) {
        Map<String, OnnxTensor> inputs = new HashMap<>();
        session.getInputNames().forEach(name -> inputs.put(name, tensor));
        long start = System.nanoTime();
        try (OrtSession.Result result = session.run(inputs)) {
          least = Math.min(least, (System.nanoTime() - start) / 1e3 / copies);
          ((OnnxTensor) result.get(0)).getFloatBuffer().get(0, first);
        }
      }
      if (!Arrays.equals(first, alone)) {
        otherBits.add(rows);
      }
    }

    /** The least microseconds of a product since the last call. */
    double takeLeast() {
      double taken = least;
      least = Double.MAX_VALUE;
      return taken;
    }

    private static FloatBuffer input(int rows, int in) {
      FloatBuffer input =
          ByteBuffer.allocateDirect(Float.BYTES * rows * in)
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer();
      Random random = new Random(5);
      for (int i = 0; i < rows * in; i++) {
        input.put(i, (float) random.nextGaussian());
      }
      return input;
    }
  }

  private static OrtEnvironment environment() throws OrtException {
    try (var threading = new OrtEnvironment.ThreadingOptions()) {
      threading.setGlobalIntraOpNumThreads(Runtime.getRuntime().availableProcessors());
      return OrtEnvironment.getEnvironment(
          OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING, "products", threading);
    } catch (IllegalStateException alreadyCreated) {
      return OrtEnvironment.getEnvironment();
    }
  }
}
