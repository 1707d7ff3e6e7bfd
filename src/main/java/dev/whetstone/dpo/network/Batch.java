package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.Map;

/** What a micro-batch needs besides its activations; lives in the pass's manager. */
final class Batch {
  private record Extent(int queries, int keys) {}

  private final NDManager manager;
  private final Layout layout;
  private final Rotary rotary;
  private final Map<Extent, NDArray> masks = new HashMap<>();

  Batch(NDManager manager, Layout layout, float[] frequencies) {
    this.manager = manager;
    this.layout = layout;
    this.rotary = Rotary.of(manager, frequencies, layout.positions());
  }

  Layout layout() {
    return layout;
  }

  Rotary rotary() {
    return rotary;
  }

  /** Token ids as a tensor {@code [n]}. */
  NDArray ids(int[] ids) {
    return Torch.ids(manager, ids);
  }

  /** 0 where a query may look and -∞ where the key is later, {@code [queries, keys]}. */
  NDArray mask(Layout.Segment segment) {
    return masks.computeIfAbsent(new Extent(segment.length(), segment.keys()), this::mask);
  }

  private NDArray mask(Extent extent) {
    float[] mask = new float[extent.queries * extent.keys];
    int past = extent.keys - extent.queries;
    for (int query = 0; query < extent.queries; query++) {
      for (int key = past + query + 1; key < extent.keys; key++) {
        mask[query * extent.keys + key] = Float.NEGATIVE_INFINITY;
      }
    }
    return Torch.create(manager, mask, extent.queries, extent.keys);
  }
}
