package dev.whetstone.engine.sampling;

import java.util.Arrays;

/**
 * Finds the k largest logits in one pass, with a min-heap of k keys. Of equal logits the lower id
 * counts as larger. Not thread-safe: it reuses its heap.
 */
final class TopK {
  private long[] heap = new long[64];
  private int size;

  /** Ids of the k largest of {@code x[0, n)}, largest first; n ids if k is larger. */
  int[] select(float[] x, int n, int k) {
    int count = Math.min(k, n);
    heap = heap.length < count ? new long[count] : heap;
    size = 0;
    int i = 0;
    for (; i < count; i++) {
      add(key(x[i], i));
    }
    float smallest = x[id(heap[0])];
    for (; i < n; i++) {
      if (x[i] > smallest) {
        replaceSmallest(key(x[i], i));
        smallest = x[id(heap[0])];
      }
    }
    Arrays.sort(heap, 0, count);
    int[] ids = new int[count];
    for (int rank = 0; rank < count; rank++) {
      ids[rank] = id(heap[count - 1 - rank]);
    }
    return ids;
  }

  /** A key that orders by logit, then by descending id. Negative zero counts as zero. */
  private static long key(float logit, int id) {
    int bits = Float.floatToIntBits(logit + 0f);
    int ordered = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
    return ((long) ordered << 32) | (Integer.MAX_VALUE - id);
  }

  private static int id(long key) {
    return Integer.MAX_VALUE - (int) key;
  }

  private void add(long key) {
    int at = size++;
    while (at > 0 && heap[(at - 1) / 2] > key) {
      heap[at] = heap[(at - 1) / 2];
      at = (at - 1) / 2;
    }
    heap[at] = key;
  }

  private void replaceSmallest(long key) {
    int at = 0;
    while (true) {
      int child = 2 * at + 1;
      if (child >= size) {
        break;
      }
      if (child + 1 < size && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= key) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = key;
  }
}
