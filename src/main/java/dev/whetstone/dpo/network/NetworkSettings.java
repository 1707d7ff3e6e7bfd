package dev.whetstone.dpo.network;

import dev.whetstone.dpo.torch.MatmulPrecision;
import dev.whetstone.weights.ModelConfig;

/**
 * How the network computes.
 *
 * @param threads PyTorch's threads within an operation
 * @param arithmetic of the products while training; scores alone are always computed in float32
 * @param recompute whether a block's activations are computed again in the backward pass rather
 *     than kept: a third more time, a fraction of the memory
 * @param vocabularySlice of how many tokens of the vocabulary logits exist at once
 */
public record NetworkSettings(
    int threads, Arithmetic arithmetic, boolean recompute, int vocabularySlice) {
  /** Logits of 500 rows take 8 MB and stay in a processor's cache. */
  private static final int VOCABULARY_SLICE = 4096;

  /** How matrices are multiplied; they are float32 before and after. */
  public enum Arithmetic {
    FLOAT32,
    /** Rounded on their way into a product, summed in float32. */
    BFLOAT16
  }

  /**
   * How fast products are here.
   *
   * @param float32 billions of floating-point operations a second
   * @param bfloat16 the same; 0 where PyTorch does not round
   */
  public record Speed(double float32, double bfloat16) {
    private static final double WORTH_IT = 1.3;

    /** bfloat16 where it is clearly faster. */
    public Arithmetic faster() {
      return bfloat16 > WORTH_IT * float32 ? Arithmetic.BFLOAT16 : Arithmetic.FLOAT32;
    }
  }

  /**
   * Measures both kinds of product at the size of a model's gate; takes a fraction of a second.
   * Rounding pays on wide layers alone: on one of 64 it makes a step slower.
   */
  public Speed measure(ModelConfig model) {
    return new Speed(
        speed(model, Arithmetic.FLOAT32),
        MatmulPrecision.canRound() ? speed(model, Arithmetic.BFLOAT16) : 0);
  }

  private double speed(ModelConfig model, Arithmetic measured) {
    return MatmulPrecision.speed(threads, measured, model.hiddenSize(), model.intermediateSize());
  }

  /**
   * The same with another arithmetic.
   *
   * @throws IllegalArgumentException when PyTorch has no such products here
   */
  public NetworkSettings with(Arithmetic other) {
    if (other == Arithmetic.BFLOAT16 && !MatmulPrecision.canRound()) {
      throw new IllegalArgumentException("PyTorch has no bfloat16 products here");
    }
    return new NetworkSettings(threads, other, recompute, vocabularySlice);
  }

  public NetworkSettings {
    if (threads < 1 || vocabularySlice < 1) {
      throw new IllegalArgumentException("threads and vocabulary slice must be at least 1");
    }
  }

  /** float32 with all activations kept. */
  public static NetworkSettings exact(int threads) {
    return new NetworkSettings(threads, Arithmetic.FLOAT32, false, VOCABULARY_SLICE);
  }
}
