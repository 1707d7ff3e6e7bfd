package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDManager;
import dev.whetstone.weights.ModelConfig;

/**
 * The layout of a micro-batch and the tensors derived from it, owned by the pass's manager.
 *
 * @param scored the tokens whose output the head reads, one for each scored token
 */
record MicroBatch(
    NDManager manager, Layout layout, Rotary rotary, AttentionPlan attention, Selection scored) {
  static MicroBatch of(NDManager manager, Layout layout, ModelConfig config, float[] frequencies) {
    return new MicroBatch(
        manager,
        layout,
        Rotary.of(manager, config, frequencies, layout.positions()),
        AttentionPlan.of(manager, layout, config),
        Selection.of(manager, layout.sources(), layout.tokens()));
  }
}
