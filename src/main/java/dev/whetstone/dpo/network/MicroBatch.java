package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.torch.TorchOps;
import dev.whetstone.weights.ModelConfig;

/** The layout of a micro-batch and the tensors derived from it, owned by the pass's manager. */
final class MicroBatch {
  private final NDManager manager;
  private final Layout layout;
  private final Rotary rotary;
  private final AttentionPlan attention;
  private final Selection scored;

  MicroBatch(NDManager manager, Layout layout, ModelConfig config, float[] frequencies) {
    this.manager = manager;
    this.layout = layout;
    this.rotary = Rotary.of(manager, config, frequencies, layout.positions());
    this.attention = AttentionPlan.of(manager, layout, config);
    this.scored = Selection.of(manager, layout.sources(), layout.tokens());
  }

  Layout layout() {
    return layout;
  }

  Rotary rotary() {
    return rotary;
  }

  AttentionPlan attention() {
    return attention;
  }

  /** The tokens whose output the head reads, one for each scored token. */
  Selection scored() {
    return scored;
  }

  /** Token ids as a tensor {@code [n]}. */
  NDArray ids(int[] ids) {
    return TorchOps.ids(manager, ids);
  }
}
