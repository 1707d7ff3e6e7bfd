package dev.whetstone.weights;

/** Frequencies of a rotary embedding, with its scaling. */
public final class RotaryFrequencies {
  private RotaryFrequencies() {}

  /**
   * The frequencies {@code [headDim / 2]}, in radians per position; float32 as in the reference
   * implementation, which also computes {@code position * frequency} in float32.
   */
  public static float[] of(Rope rope, int headDim) {
    float[] frequencies = new float[headDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      double plain = Math.pow(rope.theta(), -2.0 * i / headDim);
      frequencies[i] =
          (float)
              switch (rope.scaling()) {
                case null -> plain;
                case RopeScaling.Linear linear -> plain / linear.factor();
                case RopeScaling.Llama3 llama3 -> scaled(plain, llama3);
                case RopeScaling.Yarn yarn -> scaled(plain, yarn, i, rope.theta(), headDim);
                case RopeScaling.Divisors divisors -> plain / divisors.divisors().get(i);
              };
    }
    return frequencies;
  }

  private static double scaled(double frequency, RopeScaling.Llama3 scaling) {
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

  private static double scaled(
      double frequency, RopeScaling.Yarn yarn, int index, double theta, int headDim) {
    double low = index(yarn.fastTurns(), yarn, theta, headDim);
    double high = index(yarn.slowTurns(), yarn, theta, headDim);
    low = Math.max(0, yarn.truncated() ? Math.floor(low) : low);
    high = Math.min(headDim - 1.0, yarn.truncated() ? Math.ceil(high) : high);
    double ramp = (index - low) / (low == high ? 0.001 : high - low);
    double divided = Math.clamp(ramp, 0.0, 1.0);
    return divided * frequency / yarn.factor() + (1 - divided) * frequency;
  }

  /** The index, not rounded, of the frequency that turns so often in the original context. */
  private static double index(double turns, RopeScaling.Yarn yarn, double theta, int headDim) {
    double wavelength = yarn.originalContext() / turns;
    return headDim * Math.log(wavelength / (2 * Math.PI)) / (2 * Math.log(theta));
  }
}
