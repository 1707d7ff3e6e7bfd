package dev.whetstone.dpo.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;

/**
 * How PyTorch multiplies float32 matrices: in float32, or with inputs rounded to bfloat16. DJL's
 * native library supports neither bfloat16 tensors (they end the process) nor {@code
 * torch.set_float32_matmul_precision}, so this calls libtorch's function. The setting is global to
 * the process: {@link #runWith} sets bfloat16 for one computation and restores float32 after it.
 */
public final class MatmulPrecision {
  /** at::Float32MatmulPrecision */
  private static final byte HIGHEST = 0;

  private static final byte MEDIUM = 2;

  private static final int ROWS = 256;
  private static final int ROUNDS = 5;

  /** Floating-point operations of a round, which takes some ten milliseconds. */
  private static final double WORK = 2e9;

  private static final Optional<MethodHandle> SET_PRECISION = find();

  private MatmulPrecision() {}

  private static Optional<MethodHandle> find() {
    return LibtorchBindings.find(
            "_ZN2at7Context25setFloat32MatmulPrecisionENS_22Float32MatmulPrecisionE",
            FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.JAVA_BYTE))
        .flatMap(
            set ->
                LibtorchBindings.find(
                        "_ZN2at13globalContextEv", FunctionDescriptor.of(ValueLayout.ADDRESS))
                    .map(context -> set.bindTo(global(context))));
  }

  private static MemorySegment global(MethodHandle context) {
    try {
      return (MemorySegment) context.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("cannot get libtorch's global context", e);
    }
  }

  /** Whether this version of PyTorch can round inputs to bfloat16. */
  public static boolean supportsBfloat16() {
    return SET_PRECISION.isPresent();
  }

  /** Runs work whose matrix products use the given arithmetic; not for several threads at once. */
  public static <T> T runWith(Arithmetic arithmetic, Supplier<T> work) {
    return switch (arithmetic) {
      case FLOAT32 -> work.get();
      case BFLOAT16 -> {
        set(MEDIUM);
        try {
          yield work.get();
        } finally {
          set(HIGHEST);
        }
      }
    };
  }

  private static void set(byte precision) {
    try {
      SET_PRECISION.orElseThrow().invokeExact(precision);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("cannot set libtorch's matmul precision", e);
    }
  }

  /**
   * Measures products with a frozen weight, in 10⁹ floating-point operations a second; the best of
   * five rounds.
   *
   * @param in width of the left matrix
   * @param out width of the result
   */
  public static double measureGflops(int threads, Arithmetic arithmetic, int in, int out) {
    double operations = 2.0 * ROWS * in * out;
    int products = (int) Math.ceil(WORK / operations);
    try (NDManager manager = TorchOps.newManager(threads);
        Bfloat16Gemm gemm = new Bfloat16Gemm(threads);
        Bfloat16Matrix rounded = new Bfloat16Matrix(gemm, out, in)) {
      NDArray x = random(manager, ROWS, in);
      NDArray w = random(manager, out, in);
      boolean stored =
          arithmetic == Arithmetic.BFLOAT16
              && Bfloat16Gemm.isSupported()
              && !manager.getDevice().isGpu();
      Supplier<NDArray> product =
          stored
              ? () -> rounded.timesTransposed(x)
              : () -> runWith(arithmetic, () -> TorchOps.linear(x, w));
      double best = 0;
      for (int round = 0; round < ROUNDS; round++) {
        long begin = System.nanoTime();
        for (int i = 0; i < products; i++) {
          product.get().close();
        }
        double nanos = System.nanoTime() - begin;
        best = Math.max(best, products * operations / nanos);
      }
      return best;
    }
  }

  private static NDArray random(NDManager manager, int rows, int columns) {
    Random random = new Random(1);
    return TorchOps.create(
        manager,
        new long[] {rows, columns},
        buffer -> {
          while (buffer.hasRemaining()) {
            buffer.put(random.nextFloat() - 0.5f);
          }
        });
  }
}
