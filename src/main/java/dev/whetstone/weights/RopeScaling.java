package dev.whetstone.weights;

/**
 * Llama 3's scaling of rotary frequencies: low frequencies are divided by {@code factor}, high ones
 * are kept, those between are interpolated.
 *
 * @param factor divisor of the low frequencies
 * @param lowFrequencyFactor frequencies with wavelengths above originalContext / this are divided
 * @param highFrequencyFactor frequencies with wavelengths below originalContext / this are kept
 * @param originalContext context length of the pre-training
 */
public record RopeScaling(
    double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalContext) {
  public RopeScaling {
    if (!(factor >= 1)
        || !(lowFrequencyFactor > 0)
        || !(highFrequencyFactor > lowFrequencyFactor)
        || originalContext < 1) {
      throw new IllegalArgumentException("rope scaling is out of range");
    }
  }
}
