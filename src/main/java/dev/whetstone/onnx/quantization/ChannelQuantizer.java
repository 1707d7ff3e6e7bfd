package dev.whetstone.onnx.quantization;

import java.util.Arrays;

/**
 * Symmetric 8-bit quantisation of a product whose inputs have known ranges: activations have a
 * fixed step for each input channel, weights a scale for each output, so that the product is
 * computed on integers. SmoothQuant divides a channel's range between activation and weight (Xiao
 * et al. 2023, equation 4).
 */
public final class ChannelQuantizer {
  /** SmoothQuant's alpha: the share of a channel's range that moves into the weights. */
  private static final double MIGRATION = 0.85;

  /** How far activations may exceed those of the calibration text before they are clipped. */
  private static final double HEADROOM = 1.25;

  private static final int LEVELS = 127;
  private static final double MIN_RANGE = 1e-5;

  /**
   * A quantised matrix.
   *
   * @param data {@code [in, out]} signed bytes
   * @param scales {@code [out]}
   */
  public record Quantized(byte[] data, float[] scales) {}

  private ChannelQuantizer() {}

  /**
   * The step of each input channel {@code [in]}: the value of one level.
   *
   * @param activations {@code [in]}, the largest absolute value of each channel
   * @param weights {@code [out, in]} of all matrices that read these inputs
   */
  public static float[] steps(float[] activations, float[] weights) {
    int in = activations.length;
    double[] heaviest = new double[in];
    Arrays.fill(heaviest, MIN_RANGE);
    for (int i = 0; i < weights.length; i++) {
      heaviest[i % in] = Math.max(heaviest[i % in], Math.abs(weights[i]));
    }
    double[] factors = new double[in];
    double largest = 0;
    for (int channel = 0; channel < in; channel++) {
      double range = Math.max(activations[channel], MIN_RANGE);
      factors[channel] = Math.pow(range, MIGRATION) / Math.pow(heaviest[channel], 1 - MIGRATION);
      largest = Math.max(largest, range / factors[channel]);
    }
    float[] steps = new float[in];
    for (int channel = 0; channel < in; channel++) {
      steps[channel] = (float) (factors[channel] * largest * HEADROOM / LEVELS);
    }
    return steps;
  }

  /**
   * Quantises {@code weights [out, in]} after multiplying them by the steps of their inputs.
   *
   * @param steps {@code [in]}
   */
  public static Quantized quantize(float[] weights, int out, float[] steps) {
    int in = steps.length;
    byte[] data = new byte[Math.multiplyExact(out, in)];
    float[] scales = new float[out];
    float[] row = new float[in];
    for (int o = 0; o < out; o++) {
      float largest = 0;
      for (int i = 0; i < in; i++) {
        row[i] = weights[o * in + i] * steps[i];
        largest = Math.max(largest, Math.abs(row[i]));
      }
      scales[o] = largest / LEVELS;
      float inverse = largest == 0 ? 0 : LEVELS / largest;
      for (int i = 0; i < in; i++) {
        data[i * out + o] = (byte) Math.clamp(Math.round(row[i] * inverse), -LEVELS, LEVELS);
      }
    }
    return new Quantized(data, scales);
  }
}
