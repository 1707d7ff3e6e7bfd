package dev.whetstone.weights;

/**
 * Frequencies of the rotary embedding (Su et al. 2021), with Llama 3's scaling where the model
 * configures it.
 */
public final class RotaryFrequencies {
  private RotaryFrequencies() {}

  /**
   * The frequencies {@code [headDim / 2]}, in radians per position; float32 as in the reference
   * implementation, which also computes {@code position * frequency} in float32.
   */
  public static float[] of(ModelConfig config) {
    float[] frequencies = new float[config.headDim() / 2];
    for (int i = 0; i < frequencies.length; i++) {
      double plain = Math.pow(config.ropeTheta(), -2.0 * i / config.headDim());
      RopeScaling scaling = config.ropeScaling();
      frequencies[i] = (float) (scaling == null ? plain : scaled(plain, scaling));
    }
    return frequencies;
  }

  private static double scaled(double frequency, RopeScaling scaling) {
    double wavelength = 2 * Math.PI / frequency;
    double original = scaling.originalContext();
    if (wavelength > original / scaling.lowFrequencyFactor()) {
      return frequency / scaling.factor();
    }
    if (wavelength < original / scaling.highFrequencyFactor()) {
      return frequency;
    }
    double blend =
        (original / wavelength - scaling.lowFrequencyFactor())
            / (scaling.highFrequencyFactor() - scaling.lowFrequencyFactor());
    return (1 - blend) * frequency / scaling.factor() + blend * frequency;
  }
}
