package dev.whetstone.dpo;

import dev.whetstone.dpo.config.OptimizerConfig;
import dev.whetstone.dpo.network.Parameter;
import java.util.List;
import java.util.stream.IntStream;

/**
 * AdamW (Loshchilov and Hutter 2019, algorithm 2) in float32, in the order of operations of
 * PyTorch's.
 */
final class AdamW {
  private final OptimizerConfig config;
  private final List<Parameter> parameters;
  private final List<float[]> means;
  private final List<float[]> squares;

  AdamW(OptimizerConfig config, List<Parameter> parameters) {
    this.config = config;
    this.parameters = parameters;
    this.means = zeros(parameters);
    this.squares = zeros(parameters);
  }

  private static List<float[]> zeros(List<Parameter> parameters) {
    return parameters.stream().map(parameter -> new float[parameter.values().length]).toList();
  }

  /** Live first moments, one array a parameter. */
  List<float[]> means() {
    return means;
  }

  /** Live second moments. */
  List<float[]> squares() {
    return squares;
  }

  /**
   * Clips gradients to {@code maxGradNorm} as torch's clip_grad_norm_ does.
   *
   * @return the global norm before
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
   * @param step t, from 1
   */
  void step(int step, double learningRate) {
    float size = (float) (learningRate / (1 - Math.pow(config.beta1(), step)));
    float correction = (float) Math.sqrt(1 - Math.pow(config.beta2(), step));
    float decay = (float) (1 - learningRate * config.weightDecay());
    IntStream.range(0, parameters.size())
        .parallel()
        .forEach(
            p ->
                update(
                    parameters.get(p).values(),
                    parameters.get(p).gradient(),
                    means.get(p),
                    squares.get(p),
                    size,
                    correction,
                    decay));
  }

  private void update(
      float[] values,
      float[] gradient,
      float[] mean,
      float[] square,
      float size,
      float correction,
      float decay) {
    float forget1 = (float) (1 - config.beta1());
    float keep2 = (float) config.beta2();
    float forget2 = (float) (1 - config.beta2());
    float epsilon = (float) config.epsilon();
    for (int i = 0; i < values.length; i++) {
      float g = gradient[i];
      mean[i] += forget1 * (g - mean[i]);
      square[i] = keep2 * square[i] + forget2 * g * g;
      float spread = (float) Math.sqrt(square[i]) / correction + epsilon;
      values[i] = values[i] * decay - size * mean[i] / spread;
    }
  }
}
