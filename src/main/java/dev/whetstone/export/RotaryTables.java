package dev.whetstone.export;

import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.RopeScaling;

/**
 * Cosines and sines of the rotary embedding (Su et al. 2021), with Llama 3's frequency scaling
 * where the model asks for it.
 *
 * @param cosines {@code [contextLength, headDim / 2]}
 * @param sines the same shape
 */
record RotaryTables(float[] cosines, float[] sines) {
  static RotaryTables of(ModelConfig config) {
    int half = config.headDim() / 2;
    float[] cosines = new float[config.contextLength() * half];
    float[] sines = new float[cosines.length];
    for (int i = 0; i < half; i++) {
      // the reference implementation keeps frequencies and angles in float32
      float frequency = (float) frequency(config, i);
      for (int position = 0; position < config.contextLength(); position++) {
        float angle = position * frequency;
        cosines[position * half + i] = (float) Math.cos(angle);
        sines[position * half + i] = (float) Math.sin(angle);
      }
    }
    return new RotaryTables(cosines, sines);
  }

  private static double frequency(ModelConfig config, int i) {
    double plain = Math.pow(config.ropeTheta(), -2.0 * i / config.headDim());
    RopeScaling scaling = config.ropeScaling();
    return scaling == null ? plain : scaled(plain, scaling);
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
