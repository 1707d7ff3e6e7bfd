package dev.whetstone.lab.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class SeedMeanTest {
  @Test
  void theIntervalIsStudents() {
    SeedMean mean = SeedMean.of(List.of(1.0, 2.0, 3.0));

    // t of two degrees of freedom is 4.3027, the standard error 1 / sqrt 3
    assertThat(mean.mean()).isEqualTo(2);
    assertThat(mean.low()).isCloseTo(2 - 4.3027 / Math.sqrt(3), within(1e-3));
    assertThat(mean.high()).isCloseTo(2 + 4.3027 / Math.sqrt(3), within(1e-3));
    assertThat(mean.text(1)).isEqualTo("2.0 (-0.5 to 4.5)");
  }

  @Test
  void oneValueHasNoInterval() {
    SeedMean mean = SeedMean.of(List.of(0.25));

    assertThat(mean).isEqualTo(new SeedMean(1, 0.25, 0.25, 0.25));
    assertThat(mean.text(2)).isEqualTo("0.25");
  }
}
