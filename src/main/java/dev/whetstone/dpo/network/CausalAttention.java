package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.whetstone.dpo.torch.TorchOps;
import dev.whetstone.weights.ModelConfig;

/**
 * Grouped-query attention (Ainslie et al. 2023) over the segments of a micro-batch. Queries that
 * share a key/value head are stacked, {@code [matrices, heads / kvHeads * queries, headDim]}, so
 * that keys and values are never repeated. The backward pass recomputes the probabilities, which
 * would be the largest activation.
 */
final class CausalAttention {
  private final int heads;
  private final int headDim;
  private final int window;
  private final float cap;

  CausalAttention(ModelConfig config, int layer) {
    this.window = config.windows().indexOf(config.layer(layer).window());
    this.cap = (float) config.design().attentionCap();
    this.heads = config.heads();
    this.headDim = config.headDim();
  }

  /**
   * Runs attention.
   *
   * @param qkv rotated and scaled queries, rotated keys, and values, {@code [tokens, (heads + 2
   *     kvHeads) * headDim]}
   * @return {@code [tokens, heads * headDim]}, in qkv's manager
   */
  NDArray forward(NDArray qkv, AttentionPlan plan) {
    NDManager outer = qkv.getManager();
    NDArray rows = rows(qkv);
    NDArray[] parts = new NDArray[plan.groups().size()];
    for (int i = 0; i < parts.length; i++) {
      AttentionPlan.Group group = plan.groups().get(i);
      try (NDManager scope = outer.newSubManager()) {
        rows.tempAttach(scope);
        NDArray scores = scores(queries(rows, group), keys(rows, group));
        NDArray p = probabilities(scores, group);
        parts[i] = rows(TorchOps.batchMatmul(p, values(rows, group)));
        parts[i].attach(outer);
      }
    }
    NDArray attended = TorchOps.indexSelect(TorchOps.concat(0, parts), plan.outputs());
    return TorchOps.reshape(attended, -1, (long) heads * headDim);
  }

  /**
   * Gradient of the rotated and scaled qkv, {@code [tokens, (heads + 2 kvHeads) * headDim]}.
   *
   * @param dOutput gradient of the result
   * @param output the result of the forward pass
   */
  NDArray backward(NDArray dOutput, NDArray output, NDArray qkv, AttentionPlan plan) {
    NDManager outer = qkv.getManager();
    NDArray rows = rows(qkv);
    NDArray dRows = rows(dOutput);
    // Σ over keys of p dp = Σ over headDim of o do (FlashAttention, Dao et al. 2022, eq. 4)
    NDArray outputDots = TorchOps.rowSums(dRows.mul(rows(output)));
    NDArray[] parts = new NDArray[3 * plan.groups().size() + 1];
    int part = 0;
    for (AttentionPlan.Group group : plan.groups()) {
      try (NDManager scope = outer.newSubManager()) {
        rows.tempAttach(scope);
        dRows.tempAttach(scope);
        outputDots.tempAttach(scope);
        for (NDArray gradient : backward(dRows, outputDots, rows, group)) {
          parts[part] = rows(gradient);
          parts[part++].attach(outer);
        }
      }
    }
    parts[part] = outer.zeros(new Shape(1, headDim));
    NDArray all = TorchOps.concat(0, parts);
    NDArray gradient =
        TorchOps.reshape(
            TorchOps.indexSelect(all, plan.queryKeyValueGradients()), output.getShape().get(0), -1);
    NDArray keysAndValues =
        TorchOps.slice(gradient, 1, (long) heads * headDim, gradient.getShape().get(1));
    for (NDArray prefix : plan.prefixGradients()) {
      keysAndValues.addi(
          TorchOps.reshape(TorchOps.indexSelect(all, prefix), output.getShape().get(0), -1));
    }
    return gradient;
  }

  /** Gradients of the queries, keys and values of a group. */
  private NDArray[] backward(
      NDArray dRows, NDArray outputDots, NDArray rows, AttentionPlan.Group group) {
    NDArray q = queries(rows, group);
    NDArray k = keys(rows, group);
    NDArray v = values(rows, group);
    NDArray scores = scores(q, k);
    NDArray slopes = SoftCap.slopes(scores, cap);
    NDArray p = probabilities(scores, group);
    NDArray dO = stacked(outputRows(dRows, group), group);
    NDArray dots = TorchOps.reshape(outputRows(outputDots, group), group.matrices(), -1, 1);
    NDArray dV = TorchOps.batchMatmul(TorchOps.transpose(p), dO);
    NDArray dScores = TorchOps.batchMatmul(dO, TorchOps.transpose(v)).subi(dots).muli(p);
    if (slopes != null) {
      dScores.muli(slopes);
    }
    NDArray dK = TorchOps.batchMatmul(TorchOps.transpose(dScores), q);
    NDArray dQ = TorchOps.batchMatmul(dScores, k);
    return new NDArray[] {dQ, dK, dV};
  }

  /** The result's rows for the group's queries, with zeros in padding. */
  private static NDArray outputRows(NDArray rows, AttentionPlan.Group group) {
    NDArray gathered = TorchOps.indexSelect(rows, group.outputRows());
    return group.paddingMask() == null ? gathered : gathered.muli(group.paddingMask());
  }

  /** A view with one head of one token a row, {@code [.., headDim]}. */
  private NDArray rows(NDArray array) {
    return TorchOps.reshape(array, -1, headDim);
  }

  private NDArray stacked(NDArray rows, AttentionPlan.Group group) {
    return TorchOps.reshape(rows, group.matrices(), -1, headDim);
  }

  /** {@code [matrices, heads / kvHeads * queries, headDim]} */
  private NDArray queries(NDArray rows, AttentionPlan.Group group) {
    return stacked(TorchOps.indexSelect(rows, group.queryRows()), group);
  }

  /** {@code [matrices, keys, headDim]} */
  private NDArray keys(NDArray rows, AttentionPlan.Group group) {
    return stacked(TorchOps.indexSelect(rows, group.keyRows()), group);
  }

  private NDArray values(NDArray rows, AttentionPlan.Group group) {
    return stacked(TorchOps.indexSelect(rows, group.valueRows()), group);
  }

  /** Capped where the model does, {@code [matrices, heads / kvHeads * queries, keys]}. */
  private NDArray scores(NDArray q, NDArray k) {
    return SoftCap.apply(TorchOps.batchMatmul(q, TorchOps.transpose(k)), cap);
  }

  /** Overwrites the scores. */
  private NDArray probabilities(NDArray scores, AttentionPlan.Group group) {
    TorchOps.reshape(scores, -1, heads, group.queries(), group.keys())
        .addi(group.masks().get(window));
    return TorchOps.softmax(scores);
  }
}
