package dev.whetstone.dpo.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.weights.DecoderDesign.Experts;
import java.nio.FloatBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoutingTest {
  private static final float[] SCORES = {0.3f, -1, 1.2f, 0.1f, 2, 0.5f, -0.2f, 1.7f};
  private static final double[] D_SHARES = {0.7, -0.4, 0.2, 1.1};

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theMostProbableExpertsAreChosen(boolean normalised) {
    Routing routing = routing(SCORES, normalised);

    assertThat(routing.ids()).containsExactly(2, 0, 0, 3);
    assertThat(routing.slots(0)).containsExactly(1, 2);
    assertThat(routing.slots(1)).isEmpty();
    double both = routing.shares()[0] + routing.shares()[1];
    if (normalised) {
      assertThat(both).isCloseTo(1, within(1e-12));
    } else {
      assertThat(both).isLessThan(0.95);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theGradientIsThatOfFiniteDifferences(boolean normalised) {
    float[] gradient = routing(SCORES, normalised).backward(D_SHARES);

    float step = 1e-3f;
    for (int i = 0; i < SCORES.length; i++) {
      float[] more = SCORES.clone();
      float[] less = SCORES.clone();
      more[i] += step;
      less[i] -= step;
      double slope = (value(more, normalised) - value(less, normalised)) / (more[i] - less[i]);
      assertThat((double) gradient[i]).isCloseTo(slope, within(1e-5));
    }
  }

  private static double value(float[] scores, boolean normalised) {
    double sum = 0;
    double[] shares = routing(scores, normalised).shares();
    for (int i = 0; i < shares.length; i++) {
      sum += D_SHARES[i] * shares[i];
    }
    return sum;
  }

  private static Routing routing(float[] scores, boolean normalised) {
    return Routing.of(FloatBuffer.wrap(scores), new Experts(4, 2, normalised));
  }
}
