package dev.whetstone.dpo;

import dev.whetstone.dpo.config.OptimizerConfig;
import dev.whetstone.dpo.network.Parameter;
import java.util.List;
import java.util.stream.IntStream;

/**
 * AdamW (Loshchilov and Hutter 2019, algorithm 2) in float32, with PyTorch's order of operations.
 * Confined to the training thread; an update spreads its parameters over the common pool.
 */
final class AdamW {
  private final OptimizerConfig config;
  private final List<Parameter> parameters;
  private final List<float[]> firstMoments;
  private final List<float[]> secondMoments;

  AdamW(OptimizerConfig config, List<Parameter> parameters) {
    this.config = config;
    this.parameters = parameters;
    this.firstMoments = zeros(parameters);
    this.secondMoments = zeros(parameters);
  }

  private static List<float[]> zeros(List<Parameter> parameters) {
    return parameters.stream().map(parameter -> new float[parameter.values().length]).toList();
  }

  /** The live first moments, one array a parameter. */
  List<float[]> firstMoments() {
    return firstMoments;
  }

  /** The live second moments, one array a parameter. */
  List<float[]> secondMoments() {
    return secondMoments;
  }

  /**
   * Clips gradients to {@code maxGradNorm}, as torch's clip_grad_norm_ does.
   *
   * @return the global L2 norm before clipping
   */
  double clip() {
    double sum = 0;
    for (Parameter parameter : parameters) {
      for (float gradient : parameter.gradient()) {
        sum += (double) gradient * gradient;
      }
    }
    double norm = Math.sqrt(sum);
    float factor = (float) (config.maxGradNorm() / (norm + 1e-6));
    if (config.maxGradNorm() > 0 && factor < 1) {
      for (Parameter parameter : parameters) {
        float[] gradient = parameter.gradient();
        for (int i = 0; i < gradient.length; i++) {
          gradient[i] *= factor;
        }
      }
    }
    return norm;
  }

  /**
   * Updates values from gradients.
   *
   * @param step t, counted from 1
   * @param learningRate of this update
   */
  void step(int step, double learningRate) {
    float stepSize = (float) (learningRate / (1 - Math.pow(config.beta1(), step)));
    float correction = (float) Math.sqrt(1 - Math.pow(config.beta2(), step));
    float decay = (float) (1 - learningRate * config.weightDecay());
    IntStream.range(0, parameters.size())
        .parallel()
        .forEach(
            p ->
                update(
                    parameters.get(p).values(),
                    parameters.get(p).gradient(),
                    firstMoments.get(p),
                    secondMoments.get(p),
                    stepSize,
                    correction,
                    decay));
  }

  private void update(
      float[] values,
      float[] gradient,
      float[] mean,
      float[] square,
      float stepSize,
      float correction,
      float decay) {
    float update1 = (float) (1 - config.beta1());
    float keep2 = (float) config.beta2();
    float update2 = (float) (1 - config.beta2());
    float epsilon = (float) config.epsilon();
    for (int i = 0; i < values.length; i++) {
      float g = gradient[i];
      mean[i] += update1 * (g - mean[i]);
      square[i] = keep2 * square[i] + update2 * g * g;
      float denominator = (float) Math.sqrt(square[i]) / correction + epsilon;
      values[i] = values[i] * decay - stepSize * mean[i] / denominator;
    }
  }
}
