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
import java.util.Arrays;
import java.util.EnumMap;
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

  @TempDir Path folder;

  @Test
  void onlyBlocksOf64AndMoreAndFloatsChangeARowsBits() throws OrtException, IOException {
    String asked = System.getProperty("products");
    for (String size : (asked.contains("x") ? asked : SIZES).split(",")) {
      int by = size.indexOf('x');
      Map<Kind, Set<Integer>> otherBits =
          measure(Integer.parseInt(size.substring(0, by)), Integer.parseInt(size.substring(by + 1)));
      otherBits.keySet().removeAll(Set.of(Kind.NIBBLES_64, Kind.NIBBLES_128));
      otherBits.remove(Kind.NIBBLES_32_FLOATS);
      assertThat(otherBits.values()).allSatisfy(rows -> assertThat(rows).isEmpty());
    }
  }

  /** Returns the numbers of rows with which the first row has other bits than alone. */
  private Map<Kind, Set<Integer>> measure(int in, int out) throws OrtException, IOException {
    Map<Kind, OrtSession> sessions = open(in, out, copies(in, out));
    Map<Kind, Set<Integer>> otherBits = new EnumMap<>(Kind.class);
    Map<Kind, float[]> alone = new EnumMap<>(Kind.class);
    System.out.printf("%d x %d, microseconds, least of %d runs%n%4s", in, out, ROUNDS, "rows");
    for (Kind kind : Kind.values()) {
      System.out.printf("%12s", kind.label());
      otherBits.put(kind, new TreeSet<>());
    }
    for (int rows : ROWS) {
      Map<Kind, Double> least = new EnumMap<>(Kind.class);
      for (int round = 0; round < ROUNDS; round++) {
        for (Kind kind : Kind.values()) {
          float[] first = new float[out];
          least.merge(kind, run(sessions.get(kind), rows, in, first), Math::min);
          if (!Arrays.equals(first, alone.computeIfAbsent(kind, _ -> first))) {
            otherBits.get(kind).add(rows);
          }
        }
      }
      System.out.printf("%n%4d", rows);
      least.values().forEach(micros -> System.out.printf("%12.1f", micros / copies(in, out)));
    }
    System.out.println();
    otherBits.forEach((kind, rows) -> System.out.println(kind + " has other bits with " + rows));
    for (OrtSession session : sessions.values()) {
      session.close();
    }
    return otherBits;
  }

  private static int copies(int in, int out) {
    return (int) Math.max(1, WEIGHTS / ((long) in * out));
  }

  private Map<Kind, OrtSession> open(int in, int out, int copies)
      throws OrtException, IOException {
    Map<Kind, OrtSession> sessions = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      Path file = ProductGraph.write(folder.resolve("m.onnx"), kind, in, out, copies);
      try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        options.disablePerSessionThreads();
        sessions.put(kind, environment().createSession(file.toString(), options));
      }
    }
    return sessions;
  }

  /** Returns the microseconds of a run, and the first row of the first product. */
  private static double run(OrtSession session, int rows, int in, float[] first)
      throws OrtException {
    FloatBuffer input =
        ByteBuffer.allocateDirect(Float.BYTES * rows * in)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    Random random = new Random(5);
    for (int i = 0; i < rows * in; i++) {
      input.put(i, (float) random.nextGaussian());
    }
    try (OnnxTensor tensor =
        OnnxTensor.createTensor(environment(), input, new long[] {rows, in})) {
      Map<String, OnnxTensor> inputs = new HashMap<>();
      session.getInputNames().forEach(name -> inputs.put(name, tensor));
      long start = System.nanoTime();
      try (OrtSession.Result result = session.run(inputs)) {
        double micros = (System.nanoTime() - start) / 1e3;
        ((OnnxTensor) result.get(0)).getFloatBuffer().get(0, first);
        return micros;
      }
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
