package dev.whetstone.dpo.network;

/**
 * How the network computes.
 *
 * @param threads PyTorch's threads within an operation
 * @param arithmetic of the products with the base's weights
 * @param recompute whether a block's activations are computed again in the backward pass rather
 *     than kept: a third more time, a fraction of the memory
 * @param vocabularyRows how many completion tokens' logits exist at once
 */
public record NetworkSettings(
    int threads, Arithmetic arithmetic, boolean recompute, int vocabularyRows) {
  /** Storage and products of the base's weights; everything else is float32. */
  public enum Arithmetic {
    FLOAT32,
    BFLOAT16
  }

  public NetworkSettings {
    if (threads < 1 || vocabularyRows < 1) {
      throw new IllegalArgumentException("threads and vocabulary rows must be at least 1");
    }
  }

  /** float32 with all activations kept. */
  public static NetworkSettings exact(int threads) {
    return new NetworkSettings(threads, Arithmetic.FLOAT32, false, 128);
  }
}
