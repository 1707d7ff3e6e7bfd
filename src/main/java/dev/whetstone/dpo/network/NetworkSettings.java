package dev.whetstone.dpo.network;

import dev.whetstone.dpo.torch.Arithmetic;
import dev.whetstone.dpo.torch.MatmulPrecision;
import dev.whetstone.weights.ModelConfig;

/**
 * How the network computes.
 *
 * @param threads PyTorch's intra-op threads
 * @param arithmetic of matrix products in training passes, and in all passes of a frozen base that
 *     is stored in bfloat16; other passes without a gradient always use float32
 * @param recompute whether the backward pass recomputes a block's activations instead of keeping
 *     them (activation checkpointing): a third more time, a fraction of the memory
 * @param vocabularySlice for how many tokens of the vocabulary logits exist at once
 */
public record NetworkSettings(
    int threads, Arithmetic arithmetic, boolean recompute, int vocabularySlice) {
  /** The logits of 500 rows then take 8 MB and stay in a processor's cache. */
  private static final int VOCABULARY_SLICE = 4096;

  /**
   * How fast this machine multiplies matrices.
   *
   * @param float32 billions of floating-point operations a second
   * @param bfloat16 the same; 0 where this PyTorch does not support it
   */
  public record MatmulSpeed(double float32, double bfloat16) {
    private static final double MIN_SPEEDUP = 1.3;

    /** bfloat16 if it is clearly faster, else float32, which is more precise. */
    public Arithmetic faster() {
      return bfloat16 > MIN_SPEEDUP * float32 ? Arithmetic.BFLOAT16 : Arithmetic.FLOAT32;
    }
  }

  /**
   * Measures both arithmetics at the size of a model's gate projection; takes a fraction of a
   * second. bfloat16 pays only on wide layers: at a hidden size of 64 it makes a step slower.
   */
  public MatmulSpeed measureMatmulSpeed(ModelConfig model) {
    return new MatmulSpeed(
        speed(model, Arithmetic.FLOAT32),
        MatmulPrecision.supportsBfloat16() ? speed(model, Arithmetic.BFLOAT16) : 0);
  }

  private double speed(ModelConfig model, Arithmetic measured) {
    return MatmulPrecision.measureGflops(
        threads, measured, model.hiddenSize(), model.intermediateSize());
  }

  /**
   * The same settings with another arithmetic.
   *
   * @throws IllegalArgumentException when this PyTorch does not support it
   */
  public NetworkSettings withArithmetic(Arithmetic other) {
    if (other == Arithmetic.BFLOAT16 && !MatmulPrecision.supportsBfloat16()) {
      throw new IllegalArgumentException("this PyTorch does not support bfloat16 products");
    }
    return new NetworkSettings(threads, other, recompute, vocabularySlice);
  }

  public NetworkSettings {
    if (threads < 1 || vocabularySlice < 1) {
      throw new IllegalArgumentException("threads and vocabulary slice must be at least 1");
    }
  }

  /** float32, with all activations kept. */
  public static NetworkSettings exact(int threads) {
    return new NetworkSettings(threads, Arithmetic.FLOAT32, false, VOCABULARY_SLICE);
  }
}
