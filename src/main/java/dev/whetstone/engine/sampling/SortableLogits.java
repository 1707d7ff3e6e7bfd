package dev.whetstone.engine.sampling;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Logits as integers of the same order, whose largest the compiler finds many lanes at a time; that
 * of floats it does not. Not thread-safe: it reuses its buffers.
 */
final class SortableLogits {
  private static final int BLOCK = 1024;

  private final int n;
  private final int[] keys;
  private final int[] largest;
  private int most;
  private int least;

  SortableLogits(int n) {
    this.n = n;
    this.keys = new int[n];
    this.largest = new int[(n + BLOCK - 1) / BLOCK];
  }

  /** Reads {@code x[0, n)}. */
  void read(float[] x) {
    MemorySegment.copy(MemorySegment.ofArray(x), ValueLayout.JAVA_INT_UNALIGNED, 0, keys, 0, n);
    most = Integer.MIN_VALUE;
    least = Integer.MAX_VALUE;
    for (int start = 0, block = 0; start < n; start += BLOCK, block++) {
      order(start, Math.min(n, start + BLOCK), block);
      most = Math.max(most, largest[block]);
    }
  }

  // Both at once: the compiler leaves a loop alone that has nothing but one largest to find.
  private void order(int start, int end, int block) {
    int high = Integer.MIN_VALUE;
    int low = Integer.MAX_VALUE;
    for (int i = start; i < end; i++) {
      int key = flip(keys[i]);
      keys[i] = key;
      high = Math.max(high, key);
      low = Math.min(low, key);
    }
    largest[block] = high;
    least = Math.min(least, low);
  }

  /** Between the bits of a float and its key. Negative floats are ordered by falling bits. */
  private static int flip(int bits) {
    return bits ^ ((bits >> 31) & Integer.MAX_VALUE);
  }

  /** The largest logit. NaN counts as larger or smaller than all others, by its sign. */
  float largest() {
    return Float.intBitsToFloat(flip(most));
  }

  float smallest() {
    return Float.intBitsToFloat(flip(least));
  }

  /**
   * Writes the ids of all logits that are at least {@code border}, in their order.
   *
   * @param ids room for all
   * @return how many
   */
  int reaching(float border, int[] ids) {
    int key = flip(Float.floatToRawIntBits(border));
    int count = 0;
    for (int start = 0, block = 0; start < n; start += BLOCK, block++) {
      if (largest[block] >= key) {
        for (int i = start; i < Math.min(n, start + BLOCK); i++) {
          ids[count] = i;
          count += keys[i] >= key ? 1 : 0;
        }
      }
    }
    return count;
  }
}
