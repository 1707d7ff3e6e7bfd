package dev.whetstone.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClusteredMeanTest {
  @Test
  void independentValuesHaveTheUsualError() {
    List<ClusteredMean.Value> values = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      values.add(new ClusteredMean.Value(i, "c" + i, "v" + i));
    }

    ClusteredMean mean = ClusteredMean.of(values);

    assertThat(mean.mean()).isEqualTo(4.5);
    assertThat(mean.standardError()).isCloseTo(Math.sqrt(82.5 / 9 / 10), within(1e-9));
    assertThat(mean.clusters()).isEqualTo(10);
  }

  @Test
  void repeatedValuesOfAConversationAddNoCertainty() {
    List<ClusteredMean.Value> values = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      values.add(new ClusteredMean.Value(i % 4, "c" + i % 4, "v"));
    }

    assertThat(ClusteredMean.of(values).standardError())
        .isCloseTo(Math.sqrt(5.0 / 3 / 4), within(1e-9));
    assertThat(ClusteredMean.of(List.of()).values()).isZero();
  }
}
