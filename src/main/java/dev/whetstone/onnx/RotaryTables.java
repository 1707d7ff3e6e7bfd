package dev.whetstone.onnx;

import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.Rope;
import dev.whetstone.weights.RotaryFrequencies;

/**
 * Cosines and sines of the rotary embedding (Su et al. 2021).
 *
 * @param cosines {@code [contextLength, headDim / 2]}
 * @param sines {@code [contextLength, headDim / 2]}
 */
record RotaryTables(float[] cosines, float[] sines) {
  static RotaryTables of(ModelConfig config, Rope rope) {
    float[] frequencies = RotaryFrequencies.of(rope, config.headDim());
    float factor = (float) rope.attentionFactor();
    int half = frequencies.length;
    float[] cosines = new float[config.contextLength() * half];
    float[] sines = new float[cosines.length];
    for (int i = 0; i < half; i++) {
      for (int position = 0; position < config.contextLength(); position++) {
        float angle = position * frequencies[i];
        cosines[position * half + i] = factor * (float) Math.cos(angle);
        sines[position * half + i] = factor * (float) Math.sin(angle);
      }
    }
    return new RotaryTables(cosines, sines);
  }
}
