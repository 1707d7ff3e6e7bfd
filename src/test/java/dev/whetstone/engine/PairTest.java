package dev.whetstone.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.engine.sampling.SamplingParameters;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** The two sides of a pair differ, or the second is marked identical. */
class PairTest {
  private static final int MAX_RESAMPLES = EngineFixture.Settings.small().resamples();

  @Test
  void aSecondSideWithTheSameSeedIsResampledUntilItDiffers() throws Exception {
    try (EngineFixture fixture = new EngineFixture()) {
      Requests.Recorder recorder = new Requests.Recorder(2);
      SamplingParameters sampling = SamplingParameters.of(1, 5);

      List<Completion> sides =
          fixture.generate(Requests.of(1, 2, 3).pair(sampling, sampling).maxTokens(3), recorder);

      assertThat(sides.get(1).tokens()).isNotEqualTo(sides.get(0).tokens());
      assertThat(sides).noneMatch(Completion::identical);
      assertThat(resamples(fixture)).isPositive();
      for (int side = 0; side < 2; side++) {
        assertThat(recorder.texts.get(side)).hasToString(sides.get(side).text());
      }
    }
  }

  @Test
  void aResampledSideIsReproducible() throws Exception {
    SamplingParameters sampling = SamplingParameters.of(1, 9);
    Requests pair = Requests.of(8, 7).pair(sampling, sampling).maxTokens(1);
    try (EngineFixture fixture = new EngineFixture()) {
      List<Completion> first = fixture.generate(pair);
      List<Completion> again = fixture.generate(pair);

      assertThat(again.get(1).tokens()).isEqualTo(first.get(1).tokens());
      assertThat(again.get(0).tokens()).isEqualTo(first.get(0).tokens());
    }
  }

  @Test
  void sidesThatCannotDifferAreMarkedAfterTheLastResampling() throws Exception {
    SamplingParameters only = new SamplingParameters(1, 0, 1, 0, 1, 0, 0, Map.of(7, 100.0), 1);
    try (EngineFixture fixture = new EngineFixture()) {
      List<Completion> sides =
          fixture.generate(Requests.of(1).pair(only, only.withSeed(2)).maxTokens(5));

      assertThat(sides.get(1).tokens()).containsExactly(7, 7, 7, 7, 7);
      assertThat(sides.get(0).identical()).isFalse();
      assertThat(sides.get(1).identical()).isTrue();
      assertThat(resamples(fixture)).isEqualTo(MAX_RESAMPLES);
    }
  }

  @Test
  void greedySidesAreMarkedWithoutResampling() throws Exception {
    try (EngineFixture fixture = new EngineFixture()) {
      List<Completion> sides =
          fixture.generate(
              Requests.of(1)
                  .pair(SamplingParameters.greedy(), SamplingParameters.greedy())
                  .maxTokens(4));

      assertThat(sides.get(1).tokens()).isEqualTo(sides.get(0).tokens());
      assertThat(sides.get(1).identical()).isTrue();
      assertThat(resamples(fixture)).isZero();
    }
  }

  @Property(tries = 150)
  void aPairDiffersOrIsMarked(
      @ForAll @LongRange(min = 0, max = 1 << 16) long seed,
      @ForAll @IntRange(min = 1, max = 3) int tokens,
      @ForAll @IntRange(min = 2, max = 3) int choices)
      throws Exception {
    SamplingParameters sampling = new SamplingParameters(1, choices, 1, 0, 1, 0, 0, Map.of(), seed);
    try (EngineFixture fixture = new EngineFixture()) {
      List<Completion> sides =
          fixture.generate(
              Requests.of(1, 2).pair(sampling, sampling.withSeed(seed + 1)).maxTokens(tokens));

      boolean same = Arrays.equals(sides.get(0).tokens(), sides.get(1).tokens());
      assertThat(sides.get(1).identical()).isEqualTo(same);
      assertThat(resamples(fixture)).isBetween(same ? MAX_RESAMPLES : 0L, (long) MAX_RESAMPLES);
    }
  }

  /** Closes the engine first: statistics are updated after a step, and at the engine's end. */
  private static long resamples(EngineFixture fixture) {
    fixture.close();
    return fixture.engine.statistics().resamples();
  }
}
