package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDManager;
import dev.whetstone.weights.ModelConfig;
import java.util.List;

/**
 * The layout of a micro-batch and the tensors derived from it, owned by the pass's manager.
 *
 * @param rotaries tables of the kinds that layers use
 * @param scored the tokens whose output the head reads, one for each scored token
 */
record MicroBatch(
    NDManager manager,
    Layout layout,
    List<Rotary> rotaries,
    AttentionPlan attention,
    Selection scored) {
  static MicroBatch of(NDManager manager, Layout layout, ModelConfig config, Rotaries rotaries) {
    return new MicroBatch(
        manager,
        layout,
        rotaries.at(manager, layout.positions()),
        AttentionPlan.of(manager, layout, config),
        Selection.of(manager, layout.sources(), layout.tokens()));
  }
}
