package dev.whetstone.dpo.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.whetstone.io.ProcessorInfo;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.Buffer;
import java.util.Optional;

/**
 * Products of float32 activations with bfloat16 weights, summed in float32, on a CPU with
 * instructions for them. PyTorch's own bfloat16 product rounds its result too, and its float32
 * product that may round uses such instructions only where there is AMX; so this calls the kernel
 * for small matrices below PyTorch's attention, {@code at::native::cpublas::brgemm} (oneDNN), on
 * blocks. Each element of a result is summed in the same order whatever the number of threads.
 *
 * <p>Not thread-safe: the threads are inside.
 */
public final class Bfloat16Gemm implements AutoCloseable {
  /** Width of a panel of packed weights: what the kernel takes at once. */
  static final int PANEL = 64;

  /** Rows of activations in a call: with a chunk of a panel they fit a core's second cache. */
  private static final int BLOCK_ROWS = 64;

  /** Longest part of the inner dimension in a call. */
  private static final int CHUNK = 1024;

  /** Rows and panels of the result that a thread computes before it takes the next part. */
  private static final int TASK_ROWS = 256;

  private static final int TASK_PANELS = 4;

  /** Rows that are rounded at once. */
  private static final int ROUND_ROWS = 16;

  /** Keeps rows from lying a power of two apart, where they compete for one line of a cache. */
  private static final int ROW_PADDING = 32;

  private static final Optional<MethodHandle> KERNEL =
      LibtorchBindings.find(
          "_ZN2at6native7cpublas6brgemmEllllllbPKN3c108BFloat16ES5_Pfb",
          FunctionDescriptor.ofVoid(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_BOOLEAN,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_BOOLEAN));

  /** Frees what the kernel holds of a core's matrix unit, if it has one. */
  private static final Optional<MethodHandle> RELEASE =
      LibtorchBindings.find(
          "_ZN2at6native7cpublas14brgemm_releaseEb",
          FunctionDescriptor.ofVoid(ValueLayout.JAVA_BOOLEAN));

  private static final boolean SUPPORTED =
      KERNEL.isPresent()
          && RELEASE.isPresent()
          && ProcessorInfo.read().flags().contains("avx512_bf16");

  private final ParallelLoop loop;
  private Scratch rounded = Scratch.NONE;
  private Scratch repacked = Scratch.NONE;

  /** Memory that is kept from product to product. */
  private record Scratch(Arena arena, MemorySegment memory) {
    static final Scratch NONE = new Scratch(Arena.global(), MemorySegment.NULL);

    Scratch atLeast(long bytes) {
      if (memory.byteSize() >= bytes) {
        return this;
      }
      close();
      Arena arena = Arena.ofShared();
      return new Scratch(arena, arena.allocate(bytes, 64));
    }

    void close() {
      if (memory.byteSize() > 0) {
        arena.close();
      }
    }
  }

  /**
   * Packed weights, {@code [panels][inner / 2][PANEL][2]}: a panel has the weights of 64 columns of
   * the result.
   *
   * @param address of the first panel
   * @param pairs pairs of the inner dimension in a panel, padding included
   */
  private record Panels(long address, long pairs) {
    long at(int panel, int inner) {
      return address + (panel * pairs + inner / 2) * PANEL * 4;
    }
  }

  /** A float32 matrix, contiguous, at an address. */
  private record Rows(MemorySegment memory, int count, int width) {
    static Rows of(NDArray array) {
      Buffer buffer = TorchOps.read(array);
      return new Rows(
          MemorySegment.ofBuffer(buffer),
          Math.toIntExact(array.getShape().get(0)),
          Math.toIntExact(array.getShape().get(1)));
    }

    static Rows writable(NDArray array) {
      Rows rows = of(array);
      if (!rows.memory.isNative()) {
        throw new IllegalArgumentException("the result of a product must be contiguous");
      }
      return rows;
    }
  }

  /**
   * Starts the threads of later products.
   *
   * @param threads that compute a product, the caller's among them
   */
  public Bfloat16Gemm(int threads) {
    this.loop = new ParallelLoop(threads);
  }

  /** Whether this CPU multiplies bfloat16 numbers and this libtorch has the kernel. */
  public static boolean isSupported() {
    return SUPPORTED;
  }

  /** {@code x wᵀ} for rows {@code [from, to)} of w, {@code [count, to - from]}, in x's manager. */
  NDArray timesTransposed(NDArray x, Bfloat16Matrix w, int from, int to) {
    Rows a = Rows.of(x);
    NDArray result = x.getManager().create(new Shape(a.count, to - from));
    round(a);
    multiply(a, new Panels(w.panel(from / PANEL), w.columnPairs()), Rows.writable(result));
    return result;
  }

  /** {@code y w} for rows {@code [from, to)} of w, {@code [count, columns]}, in y's manager. */
  NDArray times(NDArray y, Bfloat16Matrix w, int from, int to) {
    Rows a = Rows.of(y);
    NDArray result = y.getManager().create(new Shape(a.count, w.columns()));
    round(a);
    int rowBlocks = (to - from + PANEL - 1) / PANEL;
    int columnBlocks = w.columnPairs() * 2 / PANEL;
    long pairs = (long) rowBlocks * PANEL / 2;
    repacked = repacked.atLeast(columnBlocks * pairs * PANEL * 4);
    MemorySegment into = repacked.memory;
    loop.run(columnBlocks, block -> w.repack(from / PANEL, rowBlocks, block, into, block * pairs));
    multiply(a, new Panels(into.address(), pairs), Rows.writable(result));
    return result;
  }

  private static int stride(int width) {
    return width + ROW_PADDING;
  }

  /** Rounds activations to bfloat16, into rows of a {@link #stride}. */
  private void round(Rows a) {
    rounded = rounded.atLeast((long) a.count * stride(a.width) * Short.BYTES);
    MemorySegment to = rounded.memory;
    MemorySegment from = a.memory;
    int width = a.width;
    loop.run(
        (a.count + ROUND_ROWS - 1) / ROUND_ROWS,
        task -> {
          int last = Math.min(a.count, (task + 1) * ROUND_ROWS);
          for (int row = task * ROUND_ROWS; row < last; row++) {
            Bfloat16Matrix.round(
                from.asSlice((long) row * width * Float.BYTES, (long) width * Float.BYTES),
                to.asSlice((long) row * stride(width) * Short.BYTES, (long) width * Short.BYTES),
                width);
          }
        });
  }

  private void multiply(Rows a, Panels b, Rows c) {
    int panels = (c.width + PANEL - 1) / PANEL;
    int groups = (panels + TASK_PANELS - 1) / TASK_PANELS;
    int parts = (a.count + TASK_ROWS - 1) / TASK_ROWS;
    long activations = rounded.memory.address();
    long result = c.memory.address();
    loop.run(
        groups * parts,
        task -> {
          int firstPanel = task % groups * TASK_PANELS;
          int lastPanel = Math.min(panels, firstPanel + TASK_PANELS);
          int row = task / groups * TASK_ROWS;
          int end = Math.min(a.count, row + TASK_ROWS);
          // few sizes of blocks, because the kernel is compiled for each
          for (int rows; row < end; row += rows) {
            rows = Math.min(BLOCK_ROWS, Integer.highestOneBit(end - row));
            for (int k = 0; k < a.width; k += CHUNK) {
              int inner = Math.min(CHUNK, a.width - k);
              for (int panel = firstPanel; panel < lastPanel; panel++) {
                int first = panel * PANEL;
                call(
                    rows,
                    Math.min(PANEL, c.width - first),
                    inner,
                    stride(a.width),
                    c.width,
                    k > 0,
                    activations + ((long) row * stride(a.width) + k) * Short.BYTES,
                    b.at(panel, k),
                    result + ((long) row * c.width + first) * Float.BYTES);
              }
            }
          }
          release();
        });
  }

  private static void call(
      long m, long n, long k, long lda, long ldc, boolean add, long a, long b, long c) {
    try {
      KERNEL.orElseThrow().invokeExact(m, n, k, lda, (long) PANEL, ldc, add, a, b, c, true);
    } catch (Throwable e) {
      throw new IllegalStateException("call into libtorch failed", e);
    }
  }

  private static void release() {
    try {
      RELEASE.orElseThrow().invokeExact(true);
    } catch (Throwable e) {
      throw new IllegalStateException("call into libtorch failed", e);
    }
  }

  @Override
  public void close() {
    loop.close();
    rounded.close();
    repacked.close();
  }
}
