package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import dev.whetstone.dpo.torch.TorchOps;

/** Norms of queries and keys before they are rotated, of each head or of all together. */
final class QueryKeyNorms {
  /**
   * What the backward pass needs.
   *
   * @param q queries before the norm, {@code [rows, width]}
   * @param k keys before the norm
   * @param qRms of the queries, {@code [rows, 1]}
   * @param kRms of the keys
   */
  record Kept(NDArray q, NDArray k, NDArray qRms, NDArray kRms) {
    NDArray[] arrays() {
      return new NDArray[] {q, k, qRms, kRms};
    }
  }

  /** Queries, keys and values with the former two normed. */
  record Normed(NDArray qkv, Kept kept) {}

  private final RmsNorm queryNorm;
  private final RmsNorm keyNorm;
  private final long queryWidth;
  private final long keyWidth;
  private final boolean byHead;
  private final long headDim;

  /**
   * Makes the norms of a layer.
   *
   * @param queryWidth values of a token's queries
   * @param keyWidth values of a token's keys
   * @param byHead whether each head is normed by itself
   */
  QueryKeyNorms(
      RmsNorm queryNorm,
      RmsNorm keyNorm,
      long queryWidth,
      long keyWidth,
      boolean byHead,
      long headDim) {
    this.queryNorm = queryNorm;
    this.keyNorm = keyNorm;
    this.queryWidth = queryWidth;
    this.keyWidth = keyWidth;
    this.byHead = byHead;
    this.headDim = headDim;
  }

  private NDArray queries(NDArray qkv) {
    NDArray columns = TorchOps.slice(qkv, 1, 0, queryWidth);
    return TorchOps.reshape(columns, -1, byHead ? headDim : queryWidth);
  }

  private NDArray keys(NDArray qkv) {
    NDArray columns = TorchOps.slice(qkv, 1, queryWidth, queryWidth + keyWidth);
    return TorchOps.reshape(columns, -1, byHead ? headDim : keyWidth);
  }

  private NDArray values(NDArray qkv) {
    return TorchOps.slice(qkv, 1, queryWidth + keyWidth, qkv.getShape().get(1));
  }

  private NDArray joined(NDArray q, NDArray k, NDArray values) {
    return TorchOps.concat(
        1, TorchOps.reshape(q, -1, queryWidth), TorchOps.reshape(k, -1, keyWidth), values);
  }

  Normed forward(NDArray qkv) {
    NDArray q = queries(qkv);
    NDArray k = keys(qkv);
    Kept kept = new Kept(q, k, queryNorm.rms(q), keyNorm.rms(k));
    return new Normed(
        joined(queryNorm.forward(q, kept.qRms), keyNorm.forward(k, kept.kRms), values(qkv)), kept);
  }

  /** The gradient of qkv before the norms, given that after them. */
  NDArray backward(NDArray dQkv, Kept kept) {
    return joined(
        queryNorm.backward(queries(dQkv), kept.q, kept.qRms),
        keyNorm.backward(keys(dQkv), kept.k, kept.kRms),
        values(dQkv));
  }
}
