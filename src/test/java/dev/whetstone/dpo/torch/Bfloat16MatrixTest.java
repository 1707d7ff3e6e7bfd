package dev.whetstone.dpo.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.Random;
import java.util.function.ToDoubleBiFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products with bfloat16 weights against sums in double precision. */
class Bfloat16MatrixTest {
  private static final double ROUNDING = 1e-4;

  private final Random random = new Random(7);

  @BeforeEach
  void needsTheInstructions() {
    assumeTrue(Bfloat16Gemm.isSupported(), "this CPU has no AVX512_BF16");
  }

  @ParameterizedTest
  @CsvSource({"1, 64, 64", "5, 130, 70", "67, 2, 2050", "300, 640, 96", "64, 1300, 2"})
  void productsAreSumsInFloat32(int count, int rows, int columns) {
    float[] w = numbers(rows * columns);
    try (NDManager manager = TorchOps.newManager(2);
        Bfloat16Gemm gemm = new Bfloat16Gemm(2);
        Bfloat16Matrix matrix = matrix(gemm, w, rows, columns)) {
      float[] x = numbers(count * columns);
      float[] y = numbers(count * rows);

      NDArray forward = matrix.timesTransposed(TorchOps.create(manager, x, count, columns));
      NDArray backward = matrix.times(TorchOps.create(manager, y, count, rows));

      assertProduct(forward, columns, (i, k) -> x[i * columns + k], (j, k) -> w[j * columns + k]);
      assertProduct(backward, rows, (i, k) -> y[i * rows + k], (j, k) -> w[k * columns + j]);
    }
  }

  @Test
  void someRowsGiveWhatTheyGiveAmongAll() {
    float[] w = numbers(200 * 96);
    try (NDManager manager = TorchOps.newManager(2);
        Bfloat16Gemm gemm = new Bfloat16Gemm(2);
        Bfloat16Matrix matrix = matrix(gemm, w, 200, 96)) {
      NDArray x = TorchOps.create(manager, numbers(3 * 96), 3, 96);
      NDArray all = matrix.timesTransposed(x);

      assertThat(matrix.timesTransposed(x, 64, 190).toFloatArray())
          .isEqualTo(TorchOps.slice(all, 1, 64, 190).toFloatArray());
      assertThat(matrix.select(manager, new int[] {199}).toFloatArray())
          .isEqualTo(Arrays.copyOfRange(w, 199 * 96, 200 * 96));
      assertThatThrownBy(() -> matrix.timesTransposed(x, 10, 64))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void theNumberOfThreadsChangesNoBit() {
    float[] w = numbers(1300 * 130);
    float[] x = numbers(100 * 130);
    assertThat(product(1, w, x)).isEqualTo(product(2, w, x));
  }

  private static float[] product(int threads, float[] w, float[] x) {
    try (NDManager manager = TorchOps.newManager(threads);
        Bfloat16Gemm gemm = new Bfloat16Gemm(threads);
        Bfloat16Matrix matrix = matrix(gemm, w, 1300, 130)) {
      return matrix.timesTransposed(TorchOps.create(manager, x, 100, 130)).toFloatArray();
    }
  }

  @Test
  void numbersAreRoundedToTheNearest() {
    try (NDManager manager = TorchOps.newManager(1);
        Bfloat16Gemm gemm = new Bfloat16Gemm(1);
        Bfloat16Matrix matrix =
            matrix(gemm, new float[] {1 + 1 / 256f, 1 + 3 / 256f, 1.005f, -3}, 2, 2)) {
      assertThat(matrix.select(manager, new int[] {0, 1}).toFloatArray())
          .containsExactly(1, 1.015625f, 1.0078125f, -3);
    }
  }

  private static Bfloat16Matrix matrix(Bfloat16Gemm gemm, float[] w, int rows, int columns) {
    Bfloat16Matrix matrix = new Bfloat16Matrix(gemm, rows, columns);
    matrix.put(0, w);
    return matrix;
  }

  /** Numbers that bfloat16 holds exactly. */
  private float[] numbers(int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (random.nextInt(255) - 127) / 128f;
    }
    return numbers;
  }

  private static void assertProduct(
      NDArray product,
      int inner,
      ToDoubleBiFunction<Integer, Integer> left,
      ToDoubleBiFunction<Integer, Integer> right) {
    float[] values = product.toFloatArray();
    int width = (int) product.getShape().get(1);
    for (int at = 0; at < values.length; at += 7) {
      double sum = 0;
      for (int k = 0; k < inner; k++) {
        sum += left.applyAsDouble(at / width, k) * right.applyAsDouble(at % width, k);
      }
      assertThat((double) values[at]).isCloseTo(sum, within(ROUNDING * Math.max(1, Math.abs(sum))));
    }
  }
}
