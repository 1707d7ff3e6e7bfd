package dev.whetstone.weights;

/**
 * Llama 3's stretching of rotary frequencies: long wavelengths are divided by {@code factor}, short
 * ones are kept, those between are blended.
 *
 * @param factor divisor of the low frequencies
 * @param lowFrequencyFactor wavelengths above originalContext / this are divided
 * @param highFrequencyFactor wavelengths below originalContext / this are kept
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
