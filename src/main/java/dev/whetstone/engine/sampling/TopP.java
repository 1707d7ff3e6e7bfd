package dev.whetstone.engine.sampling;

/**
 * Finds the smallest set of tokens whose probability reaches p (Holtzman et al. 2020, section 3.1),
 * by a quickselect on cumulative weight instead of rank. Of equal weights the lower id is taken
 * first. Not thread-safe: it reuses its keys.
 */
final class TopP {
  private long[] keys = new long[64];

  /**
   * Key of the last token that belongs to the set: a token belongs to it if its key is at least
   * this.
   *
   * @param mass weight that the set must reach
   */
  long threshold(double[] weights, int[] ids, int n, double mass) {
    keys = keys.length < n ? new long[n] : keys;
    for (int i = 0; i < n; i++) {
      keys[i] = key(weights[i], ids[i]);
    }
    double missing = mass;
    int from = 0;
    int to = n;
    while (to - from > 1) {
      int pivot = partition(from, to);
      double before = 0;
      for (int i = from; i < pivot; i++) {
        before += weight(keys[i]);
      }
      if (before >= missing) {
        to = pivot;
      } else if (before + weight(keys[pivot]) >= missing || pivot + 1 == to) {
        return keys[pivot];
      } else {
        missing -= before + weight(keys[pivot]);
        from = pivot + 1;
      }
    }
    return keys[from];
  }

  /** A key that orders by weight (rounded to float), then by descending id. */
  static long key(double weight, int id) {
    return ((long) Float.floatToRawIntBits((float) weight) << 32) | (Integer.MAX_VALUE - id);
  }

  private static float weight(long key) {
    return Float.intBitsToFloat((int) (key >> 32));
  }

  /** Moves larger keys before the returned position and smaller ones after it. */
  private int partition(int from, int to) {
    int last = to - 1;
    swap(median(from, (from + last) >>> 1, last), last);
    long pivot = keys[last];
    int store = from;
    for (int i = from; i < last; i++) {
      if (keys[i] > pivot) {
        swap(i, store++);
      }
    }
    swap(store, last);
    return store;
  }

  private int median(int a, int b, int c) {
    if (keys[a] < keys[b]) {
      return keys[b] < keys[c] ? b : keys[a] < keys[c] ? c : a;
    }
    return keys[a] < keys[c] ? a : keys[b] < keys[c] ? c : b;
  }

  private void swap(int a, int b) {
    long key = keys[a];
    keys[a] = keys[b];
    keys[b] = key;
  }
}
