package dev.whetstone.weights;

import java.util.List;

/** How rotary frequencies are changed for contexts longer than those of the pre-training. */
public sealed interface RopeScaling {
  /** Every frequency is divided by a factor (Chen et al. 2023). */
  record Linear(double factor) implements RopeScaling {
    public Linear {
      require(factor >= 1 && Double.isFinite(factor));
    }
  }

  /**
   * Llama 3's: low frequencies are divided by {@code factor}, high ones are kept, those between are
   * interpolated.
   *
   * @param factor divisor of the low frequencies
   * @param lowFrequencyFactor frequencies with wavelengths above originalContext / this are divided
   * @param highFrequencyFactor frequencies with wavelengths below originalContext / this are kept
   * @param originalContext context length of the pre-training
   */
  record Llama3(
      double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalContext)
      implements RopeScaling {
    public Llama3 {
      require(
          factor >= 1
              && lowFrequencyFactor > 0
              && highFrequencyFactor > lowFrequencyFactor
              && originalContext >= 1);
    }
  }

  /**
   * YaRN (Peng et al. 2023): frequencies that turn often are kept, those that turn seldom divided.
   *
   * @param factor divisor of the low frequencies
   * @param fastTurns frequencies that turn at least this often in the original context are kept
   * @param slowTurns frequencies that turn at most this often are divided
   * @param originalContext context length of the pre-training
   * @param attentionFactor that cosines and sines are multiplied with
   * @param truncated whether the limits are whole dimensions
   */
  record Yarn(
      double factor,
      double fastTurns,
      double slowTurns,
      int originalContext,
      double attentionFactor,
      boolean truncated)
      implements RopeScaling {
    public Yarn {
      require(
          factor >= 1
              && fastTurns > slowTurns
              && slowTurns > 0
              && originalContext >= 1
              && attentionFactor > 0);
    }
  }

  /**
   * A divisor for each frequency: LongRoPE (Ding et al. 2024), and GGUF's rope_freqs.
   *
   * @param divisors {@code [headDim / 2]}
   * @param attentionFactor that cosines and sines are multiplied with
   */
  record Divisors(List<Double> divisors, double attentionFactor) implements RopeScaling {
    public Divisors {
      divisors = List.copyOf(divisors);
      require(divisors.stream().allMatch(divisor -> divisor > 0) && attentionFactor > 0);
    }
  }

  private static void require(boolean valid) {
    if (!valid) {
      throw new IllegalArgumentException("rope scaling is out of range");
    }
  }
}
