package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.whetstone.weights.ModelConfig;

/**
 * Grouped-query attention over the segments of a micro-batch. Queries of one key/value head are
 * stacked {@code [kvHeads, group * queries, headDim]}, so that keys and values are never repeated.
 * Probabilities are computed again in the backward pass: they would be the largest activation.
 */
final class CausalAttention {
  private final int heads;
  private final int kvHeads;
  private final int headDim;
  private final Scalars scalars;

  CausalAttention(ModelConfig config, Scalars scalars) {
    this.heads = config.heads();
    this.kvHeads = config.kvHeads();
    this.headDim = config.headDim();
    this.scalars = scalars;
  }

  /**
   * Runs attention.
   *
   * @param qkv rotated queries and keys, and values, {@code [tokens, heads + 2 kvHeads, headDim]}
   * @return {@code [tokens, heads * headDim]}, in qkv's manager
   */
  NDArray forward(NDArray qkv, Batch batch) {
    NDManager outer = qkv.getManager();
    NDArray[] parts = new NDArray[batch.layout().segments().size()];
    for (int i = 0; i < parts.length; i++) {
      Layout.Segment segment = batch.layout().segments().get(i);
      try (NDManager scope = outer.newSubManager()) {
        qkv.tempAttach(scope);
        NDArray values = keys(qkv, segment, heads + kvHeads);
        NDArray probabilities =
            probabilities(queries(qkv, segment), keys(qkv, segment, heads), segment, batch);
        parts[i] = unstack(Torch.products(probabilities, values), segment);
        parts[i].attach(outer);
      }
    }
    return Torch.concat(0, parts);
  }

  /**
   * Gradient of qkv before rotation is undone.
   *
   * @param dOutput gradient of the result
   * @param output the result
   */
  NDArray backward(NDArray dOutput, NDArray output, NDArray qkv, Batch batch) {
    NDManager outer = qkv.getManager();
    NDArray gradient = outer.zeros(qkv.getShape(), DataType.FLOAT32);
    // sum over keys of p dp is sum over the head of o do (Dao 2022, eq. 4)
    NDArray pulls =
        Torch.rowSums(Torch.reshape(dOutput.mul(output), output.getShape().get(0), heads, headDim));
    for (Layout.Segment segment : batch.layout().segments()) {
      try (NDManager scope = outer.newSubManager()) {
        qkv.tempAttach(scope);
        dOutput.tempAttach(scope);
        pulls.tempAttach(scope);
        gradient.tempAttach(scope);
        backward(dOutput, pulls, qkv, gradient, segment, batch);
      }
    }
    return gradient;
  }

  private void backward(
      NDArray dOutput,
      NDArray pulls,
      NDArray qkv,
      NDArray gradient,
      Layout.Segment segment,
      Batch batch) {
    NDArray q = queries(qkv, segment);
    NDArray k = keys(qkv, segment, heads);
    NDArray v = keys(qkv, segment, heads + kvHeads);
    NDArray p = probabilities(q, k, segment, batch);
    NDArray dO = stack(rows(dOutput, segment), segment, headDim);
    NDArray pull = stack(rows(pulls, segment), segment, 1);
    addKeys(gradient, segment, heads + kvHeads, Torch.products(Torch.transpose(p), dO));
    NDArray dScores = Torch.products(dO, Torch.transpose(v)).subi(pull).muli(p);
    addKeys(gradient, segment, heads, Torch.products(Torch.transpose(dScores), q));
    NDArray dQ = Torch.products(dScores, k).muli(scalars.queryScale());
    grouped(Torch.slice(rows(gradient, segment), 1, 0, heads), segment, headDim)
        .addi(Torch.reshape(dQ, kvHeads, heads / kvHeads, segment.length(), headDim));
  }

  private static NDArray rows(NDArray array, Layout.Segment segment) {
    return Torch.slice(array, 0, segment.start(), segment.start() + segment.length());
  }

  /** Scaled queries {@code [kvHeads, group * queries, headDim]}. */
  private NDArray queries(NDArray qkv, Layout.Segment segment) {
    return stack(Torch.slice(rows(qkv, segment), 1, 0, heads), segment, headDim)
        .mul(scalars.queryScale());
  }

  /** Keys, or values, {@code [kvHeads, keys, headDim]}. */
  private NDArray keys(NDArray qkv, Layout.Segment segment, int firstHead) {
    NDArray all = Torch.slice(qkv, 1, firstHead, firstHead + kvHeads);
    NDArray keys = rows(all, segment);
    if (segment.promptLength() > 0) {
      keys = Torch.concat(0, prompt(all, segment), keys);
    }
    return Torch.permute(keys, 1, 0, 2);
  }

  private static NDArray prompt(NDArray array, Layout.Segment segment) {
    return Torch.slice(array, 0, segment.prompt(), segment.prompt() + segment.promptLength());
  }

  private void addKeys(NDArray gradient, Layout.Segment segment, int firstHead, NDArray added) {
    NDArray all = Torch.slice(gradient, 1, firstHead, firstHead + kvHeads);
    NDArray rows = Torch.permute(added, 1, 0, 2);
    int past = segment.promptLength();
    rows(all, segment).addi(Torch.slice(rows, 0, past, segment.keys()));
    if (past > 0) {
      prompt(all, segment).addi(Torch.slice(rows, 0, 0, past));
    }
  }

  private NDArray probabilities(NDArray q, NDArray k, Layout.Segment segment, Batch batch) {
    NDArray scores = Torch.products(q, Torch.transpose(k));
    Torch.reshape(scores, kvHeads, heads / kvHeads, segment.length(), segment.keys())
        .addi(batch.mask(segment));
    return Torch.softmax(scores);
  }

  /** A view of {@code [queries, heads * width]} as {@code [kvHeads, group, queries, width]}. */
  private NDArray grouped(NDArray rows, Layout.Segment segment, int width) {
    return Torch.permute(
        Torch.reshape(rows, segment.length(), kvHeads, heads / kvHeads, width), 1, 2, 0, 3);
  }

  private NDArray stack(NDArray rows, Layout.Segment segment, int width) {
    return Torch.reshape(grouped(rows, segment, width), kvHeads, -1, width);
  }

  private NDArray unstack(NDArray stacked, Layout.Segment segment) {
    NDArray grouped = Torch.reshape(stacked, kvHeads, heads / kvHeads, segment.length(), headDim);
    return Torch.reshape(
        Torch.permute(grouped, 2, 0, 1, 3), segment.length(), (long) heads * headDim);
  }
}
