package dev.whetstone.onnx.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ChannelQuantizerTest {
  private static final int IN = 96;
  private static final int OUT = 40;

  // One channel is a hundred times larger than the others, as in real models.
  private static float[] ranges() {
    float[] ranges = new float[IN];
    for (int i = 0; i < IN; i++) {
      ranges[i] = i == 7 ? 300 : 3;
    }
    return ranges;
  }

  private static float[] normal(Random random, int count, double scale) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * scale);
    }
    return values;
  }

  @Test
  void theStepsCoverTheRangeAndAQuarterMore() {
    float[] ranges = ranges();
    float[] steps = ChannelQuantizer.steps(ranges, normal(new Random(1), OUT * IN, 0.1));
    double max = 0;
    for (int i = 0; i < IN; i++) {
      max = Math.max(max, ranges[i] / steps[i]);
    }
    assertThat(max).isBetween(127 / 1.26, 127 / 1.24);
  }

  @Test
  void theProductOfLevelsIsNearTheProductInDouble() {
    Random random = new Random(2);
    float[] ranges = ranges();
    float[] weights = normal(random, OUT * IN, 0.1);
    float[] steps = ChannelQuantizer.steps(ranges, weights);
    ChannelQuantizer.Quantized q = ChannelQuantizer.quantize(weights, OUT, steps);
    double error = 0;
    double size = 0;
    for (int row = 0; row < 50; row++) {
      float[] x = new float[IN];
      for (int i = 0; i < IN; i++) {
        x[i] = (float) Math.clamp(random.nextGaussian() * ranges[i] / 3, -ranges[i], ranges[i]);
      }
      for (int o = 0; o < OUT; o++) {
        double exact = 0;
        long levels = 0;
        for (int i = 0; i < IN; i++) {
          exact += (double) x[i] * weights[o * IN + i];
          levels += Math.round(x[i] / steps[i]) * (long) q.data()[i * OUT + o];
        }
        double quantized = levels * (double) q.scales()[o];
        error += (quantized - exact) * (quantized - exact);
        size += exact * exact;
      }
    }
    assertThat(Math.sqrt(error / size)).isPositive().isLessThan(0.02);
  }

  @Test
  void anInputOrOutputThatIsAlwaysZeroStaysSo() {
    float[] ranges = ranges();
    ranges[3] = 0;
    float[] weights = new float[OUT * IN];
    weights[5] = 1;
    float[] steps = ChannelQuantizer.steps(ranges, weights);
    ChannelQuantizer.Quantized q = ChannelQuantizer.quantize(weights, OUT, steps);
    assertThat(steps).doesNotContain(0f, Float.NaN, Float.POSITIVE_INFINITY);
    assertThat(q.data()[5 * OUT]).isEqualTo((byte) 127);
    assertThat(q.scales()).startsWith(steps[5] / 127).endsWith(0);
  }
}
