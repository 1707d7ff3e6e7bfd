package dev.whetstone.dpo.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A frozen weight {@code [rows, columns]} in bfloat16, half the size of float32, in the order in
 * which the products of {@link Bfloat16Gemm} read it: {@code [rows / 64][columns / 2][64][2]}, with
 * zeros where 64 does not divide a size.
 */
public final class Bfloat16Matrix implements AutoCloseable {
  private static final int PANEL = Bfloat16Gemm.PANEL;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  private final Bfloat16Gemm gemm;
  private final int rows;
  private final int columns;
  private final int columnPairs;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment packed;

  /**
   * A matrix of zeros.
   *
   * @param columns an even number
   */
  public Bfloat16Matrix(Bfloat16Gemm gemm, int rows, int columns) {
    this.gemm = gemm;
    this.rows = rows;
    this.columns = columns;
    this.columnPairs = (columns + PANEL - 1) / PANEL * PANEL / 2;
    int blocks = (rows + PANEL - 1) / PANEL;
    this.packed = arena.allocate((long) blocks * columnPairs * PANEL * Integer.BYTES, 64);
  }

  /** Whether a matrix of this size can be packed: numbers are packed in twos. */
  public static boolean fits(long... shape) {
    return shape.length == 2 && shape[0] % 2 == 0 && shape[1] % 2 == 0;
  }

  /** The number of rows rounded up to whole blocks of 64. */
  public static int wholePanels(int rows) {
    return (rows + PANEL - 1) / PANEL * PANEL;
  }

  public int rows() {
    return rows;
  }

  public int columns() {
    return columns;
  }

  /** Pairs of columns in a panel, padding included. */
  int columnPairs() {
    return columnPairs;
  }

  /** The address of 64 rows. */
  long panel(int index) {
    return packed.address() + (long) index * columnPairs * PANEL * Integer.BYTES;
  }

  private long offset(int row, int pair) {
    return ((long) (row / PANEL) * columnPairs + pair) * PANEL + row % PANEL;
  }

  /** Sets consecutive rows, rounding to the nearest bfloat16. */
  public void put(int firstRow, float[] values) {
    int count = values.length / columns;
    for (int row = 0; row < count; row++) {
      int from = row * columns;
      for (int pair = 0; pair < columns / 2; pair++) {
        int both =
            rounded(Float.floatToRawIntBits(values[from + 2 * pair]))
                | (rounded(Float.floatToRawIntBits(values[from + 2 * pair + 1])) << 16);
        packed.set(INT, offset(firstRow + row, pair) * Integer.BYTES, both);
      }
    }
  }

  /** The upper half of a float's bits after rounding to even. */
  private static int rounded(int bits) {
    return (bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16;
  }

  static void round(MemorySegment from, MemorySegment to, int count) {
    for (int i = 0; i < count; i++) {
      int bits = from.get(INT, (long) i * Float.BYTES);
      to.set(ValueLayout.JAVA_SHORT_UNALIGNED, (long) i * Short.BYTES, (short) rounded(bits));
    }
  }

  /** {@code x wᵀ}, {@code [n, rows]}. */
  public NDArray timesTransposed(NDArray x) {
    return timesTransposed(x, 0, rows);
  }

  /**
   * {@code x wᵀ} for rows {@code [from, to)} of w.
   *
   * @param from a multiple of 64
   */
  public NDArray timesTransposed(NDArray x, int from, int to) {
    requirePanel(from);
    requireWidth(x, columns);
    return gemm.timesTransposed(x, this, from, to);
  }

  /** {@code y w}, {@code [n, columns]}. */
  public NDArray times(NDArray y) {
    return times(y, 0, rows);
  }

  /**
   * {@code y w} for rows {@code [from, to)} of w.
   *
   * @param from a multiple of 64
   */
  public NDArray times(NDArray y, int from, int to) {
    requirePanel(from);
    requireWidth(y, to - from);
    return gemm.times(y, this, from, to);
  }

  private static void requirePanel(int row) {
    if (row % PANEL != 0) {
      throw new IllegalArgumentException("row " + row + " begins no block of " + PANEL);
    }
  }

  private static void requireWidth(NDArray array, int width) {
    if (array.getShape().get(1) != width) {
      throw new IllegalArgumentException(
          "tensor has shape %s, expected %d columns".formatted(array.getShape(), width));
    }
  }

  /** The given rows as float32, {@code [n, columns]}. */
  public NDArray select(NDManager manager, int[] ids) {
    return TorchOps.create(
        manager,
        new long[] {ids.length, columns},
        buffer -> {
          for (int row : ids) {
            for (int pair = 0; pair < columns / 2; pair++) {
              int both = packed.get(INT, offset(row, pair) * Integer.BYTES);
              buffer.put(Float.intBitsToFloat(both << 16));
              buffer.put(Float.intBitsToFloat(both & 0xFFFF0000));
            }
          }
        });
  }

  /**
   * Packs 64 columns as the product with the matrix itself reads them, {@code [rows / 2][64][2]}.
   *
   * @param firstPanel of the rows
   * @param rowBlocks number of panels
   * @param columnBlock which 64 columns
   * @param pair where to begin, in pairs of rows of 64 columns
   */
  void repack(int firstPanel, int rowBlocks, int columnBlock, MemorySegment into, long pair) {
    int half = PANEL / 2;
    for (int block = 0; block < rowBlocks; block++) {
      long from =
          ((long) (firstPanel + block) * columnPairs + (long) columnBlock * half) * PANEL * 4;
      long to = (pair + (long) block * half) * PANEL * 4;
      for (int column = 0; column < half; column++) {
        for (int row = 0; row < half; row++) {
          long square = packed.get(LONG, from + ((long) column * half + row) * Long.BYTES);
          into.set(LONG, to + ((long) row * half + column) * Long.BYTES, transposed(square));
        }
      }
    }
  }

  /** Two rows of two numbers, transposed. */
  private static long transposed(long square) {
    return (square & 0xFFFF_0000_0000_FFFFL)
        | ((square & 0x0000_0000_FFFF_0000L) << 16)
        | ((square >>> 16) & 0x0000_0000_FFFF_0000L);
  }

  @Override
  public void close() {
    arena.close();
  }
}
