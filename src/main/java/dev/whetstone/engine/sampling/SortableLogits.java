package dev.whetstone.engine.sampling;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Logits as integers of the same order: the compiler vectorises a maximum of integers, but not of
 * floats. Not thread-safe: it reuses its buffers.
 */
final class SortableLogits {
  private static final int BLOCK = 1024;

  private final int n;
  private final int[] keys;
  private final int[] blockMax;
  private int maxKey;
  private int minKey;

  SortableLogits(int n) {
    this.n = n;
    this.keys = new int[n];
    this.blockMax = new int[(n + BLOCK - 1) / BLOCK];
  }

  /** Reads {@code x[0, n)}. */
  void read(float[] x) {
    MemorySegment.copy(MemorySegment.ofArray(x), ValueLayout.JAVA_INT_UNALIGNED, 0, keys, 0, n);
    maxKey = Integer.MIN_VALUE;
    minKey = Integer.MAX_VALUE;
    for (int start = 0, block = 0; start < n; start += BLOCK, block++) {
      readBlock(start, Math.min(n, start + BLOCK), block);
      maxKey = Math.max(maxKey, blockMax[block]);
    }
  }

  // Maximum and minimum in one loop: the compiler does not vectorise a loop with a maximum alone.
  private void readBlock(int start, int end, int block) {
    int high = Integer.MIN_VALUE;
    int low = Integer.MAX_VALUE;
    for (int i = start; i < end; i++) {
      int key = flip(keys[i]);
      keys[i] = key;
      high = Math.max(high, key);
      low = Math.min(low, key);
    }
    blockMax[block] = high;
    minKey = Math.min(minKey, low);
  }

  /**
   * Converts a float's bits to its key, or back: bits of negative floats have the reverse order.
   */
  private static int flip(int bits) {
    return bits ^ ((bits >> 31) & Integer.MAX_VALUE);
  }

  /** The largest logit. NaN counts as larger or smaller than all others, by its sign. */
  float max() {
    return Float.intBitsToFloat(flip(maxKey));
  }

  /** The smallest logit; NaN as in {@link #max}. */
  float min() {
    return Float.intBitsToFloat(flip(minKey));
  }

  /**
   * Writes the ids of all logits that are at least {@code bound}, in ascending order.
   *
   * @param ids receives the ids; as long as the vocabulary
   * @return the number of ids
   */
  int idsAtLeast(float bound, int[] ids) {
    int key = flip(Float.floatToRawIntBits(bound));
    int count = 0;
    for (int start = 0, block = 0; start < n; start += BLOCK, block++) {
      if (blockMax[block] >= key) {
        for (int i = start; i < Math.min(n, start + BLOCK); i++) {
          ids[count] = i;
          count += keys[i] >= key ? 1 : 0;
        }
      }
    }
    return count;
  }
}
