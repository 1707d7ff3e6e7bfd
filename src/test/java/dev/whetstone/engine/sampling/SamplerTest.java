package dev.whetstone.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** With every setting, samples follow the distribution that the oracle computes. */
class SamplerTest {
  private static final int VOCABULARY = 600;
  private static final int SAMPLES = 10_000;

  /** A right sampler exceeds it once in 10,000 runs; the seeds are fixed. */
  private static final double MAX_SIGMAS = 3.72;

  private static final int[] PROMPT = {0, 1, 2, 3, 599};
  private static final List<Integer> SAMPLED = List.of(2, 2, 2, 4, 5, 300);
  private static final float[] LOGITS = logits(11, 2.2);

  static Stream<SamplingParameters> settings() {
    Map<Integer, Double> bias = Map.of(0, -2.5, 7, 3.0, 300, 100.0, 301, 99.0, 5, -100.0);
    Map<Integer, Double> gentle = Map.of(0, -0.5, 7, 1.25, 20, 2.0);
    return Stream.of(
        sampling(1, 0, 1, 0, 1, 0, 0, Map.of()),
        sampling(0.5, 0, 1, 0, 1, 0, 0, Map.of()),
        sampling(1.7, 0, 1, 0, 1, 0, 0, Map.of()),
        sampling(100, 0, 1, 0, 1, 0, 0, Map.of()),
        sampling(1, 1, 1, 0, 1, 0, 0, Map.of()),
        sampling(1, 12, 1, 0, 1, 0, 0, Map.of()),
        sampling(1, 599, 1, 0, 1, 0, 0, Map.of()),
        sampling(1, 0, 0.9, 0, 1, 0, 0, Map.of()),
        sampling(1, 0, 0.3, 0, 1, 0, 0, Map.of()),
        sampling(1, 0, 1e-9, 0, 1, 0, 0, Map.of()),
        sampling(1, 0, 1, 0.2, 1, 0, 0, Map.of()),
        sampling(1, 0, 1, 1, 1, 0, 0, Map.of()),
        sampling(1, 0, 1, 0, 1.3, 0, 0, Map.of()),
        sampling(1, 0, 1, 0, 0.7, 0, 0, Map.of()),
        sampling(1, 0, 1, 0, 1, 1.5, 0, Map.of()),
        sampling(1, 0, 1, 0, 1, -1, 0, Map.of()),
        sampling(1, 0, 1, 0, 1, 0, 0.8, Map.of()),
        sampling(1, 0, 1, 0, 1, 0, -0.4, Map.of()),
        sampling(1, 0, 1, 0, 1, 0, 0, bias),
        sampling(0.8, 40, 0.95, 0, 1, 0, 0, Map.of()),
        sampling(1.2, 30, 0.8, 0.05, 1, 0, 0, Map.of()),
        sampling(0.9, 0, 0.97, 0.02, 1.2, 0.5, 0.25, gentle),
        sampling(1.5, 25, 0.99, 0.01, 1.1, 0.3, -0.2, gentle),
        sampling(0, 0, 1, 0, 1.5, 1, 1, gentle));
  }

  @ParameterizedTest
  @MethodSource("settings")
  void tenThousandSeedsFollowTheDistribution(SamplingParameters sampling) {
    int[] counts = new int[VOCABULARY];
    Sampler sampler = new Sampler(VOCABULARY);
    for (int seed = 0; seed < SAMPLES; seed++) {
      counts[sampler.sample(rows(LOGITS), 1, state(sampling.withSeed(seed)), 0).token()]++;
    }

    assertThat(sigmas(counts, distribution(sampling))).isLessThan(MAX_SIGMAS);
  }

  @ParameterizedTest
  @MethodSource("settings")
  void tenThousandTokensOfOneSeedFollowTheDistribution(SamplingParameters sampling) {
    if (new SamplerState(sampling, VOCABULARY, PROMPT).history != null) {
      return; // with penalties, earlier tokens change the distribution
    }
    int[] counts = new int[VOCABULARY];
    Sampler sampler = new Sampler(VOCABULARY);
    SamplerState state = state(sampling.withSeed(4));
    for (int i = 0; i < SAMPLES; i++) {
      counts[sampler.sample(rows(LOGITS), 1, state, 0).token()]++;
    }

    assertThat(sigmas(counts, distribution(sampling))).isLessThan(MAX_SIGMAS);
  }

  @Test
  void theTestTellsNeighbouringSettingsApart() {
    int[] counts = new int[VOCABULARY];
    Sampler sampler = new Sampler(VOCABULARY);
    for (int seed = 0; seed < SAMPLES; seed++) {
      counts[sampler.sample(rows(LOGITS), 1, state(SamplingParameters.of(1, seed)), 0).token()]++;
    }

    assertThat(sigmas(counts, distribution(SamplingParameters.of(1.15, 0))))
        .isGreaterThan(MAX_SIGMAS);
    double[] plain = distribution(SamplingParameters.of(1, 0));
    int common =
        IntStream.range(0, VOCABULARY).reduce((a, b) -> plain[b] > plain[a] ? b : a).orElseThrow();
    Map<Integer, Double> nudge = Map.of(common, 0.5);
    assertThat(sigmas(counts, distribution(sampling(1, 0, 1, 0, 1, 0, 0, nudge))))
        .isGreaterThan(MAX_SIGMAS);
    assertThat(sigmas(counts, distribution(sampling(1, 300, 1, 0, 1, 0, 0, Map.of()))))
        .isInfinite();
  }

  @Property(tries = 400)
  void noExcludedTokenIsSampledAndTheLogprobIsTheModels(
      @ForAll("anySettings") SamplingParameters sampling,
      @ForAll @LongRange(min = 0, max = 1 << 20) long w) {
    float[] logits = logits(w, 1.0 + Math.floorMod(w, 5));
    double[] allowed =
        SamplerOracle.distribution(logits, sampling, List.of(0, 1, 2, 3, 599), SAMPLED);
    double[] own =
        SamplerOracle.distribution(logits, SamplingParameters.of(1, 0), List.of(), List.of());
    Sampler sampler = new Sampler(VOCABULARY);
    for (int seed = 0; seed < 30; seed++) {
      SampledToken sampled = sampler.sample(rows(logits), 1, state(sampling.withSeed(w + seed)), 3);

      // A token at the boundary may fall on either side by rounding.
      assertThat(allowed[sampled.token()] > 0 || atBoundary(logits, sampling, sampled.token()))
          .isTrue();
      assertThat((double) sampled.logp()).isCloseTo(Math.log(own[sampled.token()]), within(1e-4));
      assertThat(sampled.alternatives()).hasSize(3);
      assertThat(sampled.alternatives().getFirst().logp())
          .isCloseTo(
              (float) Math.log(IntStream.range(0, 600).mapToDouble(i -> own[i]).max().orElse(0)),
              within(1e-4f));
    }
  }

  /** Whether slightly looser settings would admit the token. */
  private static boolean atBoundary(float[] logits, SamplingParameters s, int token) {
    double wider = Math.min(1, s.topP() + 1e-5);
    SamplingParameters loose =
        sampling(
            s.temperature() == 0 ? 1e-6 : s.temperature(),
            s.topK(),
            wider,
            s.minP() * (1 - 1e-5),
            s.repetitionPenalty(),
            s.presencePenalty(),
            s.frequencyPenalty(),
            s.logitBias());
    return SamplerOracle.distribution(logits, loose, List.of(0, 1, 2, 3, 599), SAMPLED)[token] > 0;
  }

  @Provide
  Arbitrary<SamplingParameters> anySettings() {
    Arbitrary<Map<Integer, Double>> bias =
        Arbitraries.maps(
                Arbitraries.integers().between(0, 599), Arbitraries.doubles().between(-100, 100))
            .ofMaxSize(8);
    return Combinators.combine(
            Arbitraries.oneOf(Arbitraries.just(0.0), Arbitraries.doubles().between(0.01, 3)),
            Arbitraries.integers().between(0, 700),
            Arbitraries.oneOf(Arbitraries.just(1.0), Arbitraries.doubles().between(0.01, 1)),
            Arbitraries.oneOf(Arbitraries.just(0.0), Arbitraries.doubles().between(0, 1)),
            Arbitraries.oneOf(Arbitraries.just(1.0), Arbitraries.doubles().between(0.5, 2)),
            Arbitraries.oneOf(Arbitraries.just(0.0), Arbitraries.doubles().between(-2, 2)),
            Arbitraries.oneOf(Arbitraries.just(0.0), Arbitraries.doubles().between(-2, 2)),
            bias)
        .as((t, k, p, m, r, pr, f, b) -> sampling(t, k, p, m, r, pr, f, b));
  }

  @Test
  void logitsThatAreNotNumbersAreRefused() {
    float negative = Float.intBitsToFloat(Float.floatToRawIntBits(Float.NaN) | 1 << 31);
    for (float bad : new float[] {Float.NaN, negative, Float.POSITIVE_INFINITY}) {
      float[] logits = LOGITS.clone();
      logits[17] = bad;
      assertThatThrownBy(
              () ->
                  new Sampler(VOCABULARY)
                      .sample(rows(logits), 1, state(SamplingParameters.greedy()), 0))
          .isInstanceOf(BadLogitsException.class);
    }
    float[] nothing = new float[VOCABULARY];
    Arrays.fill(nothing, Float.NEGATIVE_INFINITY);
    assertThatThrownBy(
            () ->
                new Sampler(VOCABULARY)
                    .sample(rows(nothing), 1, state(SamplingParameters.greedy()), 0))
        .isInstanceOf(BadLogitsException.class);
  }

  @Test
  void veryLowAndForbiddenLogitsHaveNoWeight() {
    float[] logits = LOGITS.clone();
    for (int id = 0; id < VOCABULARY; id += 2) {
      logits[id] = id % 3 == 0 ? Float.NEGATIVE_INFINITY : -40 * id;
    }
    double[] own =
        SamplerOracle.distribution(logits, SamplingParameters.of(1, 0), List.of(), List.of());
    Sampler sampler = new Sampler(VOCABULARY);
    for (int seed = 0; seed < 100; seed++) {
      SamplingParameters sampling = sampling(1.5, 0, 0.99, 0, 1, 0, 0, Map.of());
      SampledToken sampled = sampler.sample(rows(logits), 1, state(sampling.withSeed(seed)), 0);

      assertThat((double) sampled.logp()).isCloseTo(Math.log(own[sampled.token()]), within(1e-4));
    }
  }

  /** A request must not choose how long a step of everybody takes. */
  @Test
  void moreThanTheBoundOfTopKIsNotOrderedAndKeepsAll() {
    int vocabulary = 4 * Sampler.MAX_TOP_K;
    Sampler sampler = new Sampler(vocabulary);
    FloatBuffer even = FloatBuffer.allocate(vocabulary);
    for (int i = 0; i < vocabulary; i++) {
      even.put(i, -i * 1e-6f);
    }
    int beyond = 0;
    for (long seed = 0; seed < 200; seed++) {
      SamplingParameters bounded =
          sampling(1, Sampler.MAX_TOP_K + 1, 1, 0, 1, 0, 0, Map.of()).withSeed(seed);
      int token =
          sampler.sample(even, 0, new SamplerState(bounded, vocabulary, new int[0]), 0).token();
      beyond += token > Sampler.MAX_TOP_K ? 1 : 0;
    }

    assertThat(beyond).isGreaterThan(100);
  }

  private static double[] distribution(SamplingParameters sampling) {
    return SamplerOracle.distribution(LOGITS, sampling, List.of(0, 1, 2, 3, 599), SAMPLED);
  }

  /** A state with the prompt and some sampled tokens. */
  private static SamplerState state(SamplingParameters sampling) {
    SamplerState state = new SamplerState(sampling, VOCABULARY, PROMPT);
    SAMPLED.forEach(state::add);
    return state;
  }

  /** The logits as the second of two rows. */
  private static FloatBuffer rows(float[] logits) {
    return FloatBuffer.allocate(2 * VOCABULARY).put(VOCABULARY, logits);
  }

  private static float[] logits(long seed, double spread) {
    Random random = new Random(seed);
    float[] logits = new float[VOCABULARY];
    for (int i = 0; i < VOCABULARY; i++) {
      logits[i] = (float) (spread * random.nextGaussian());
    }
    return logits;
  }

  /**
   * How many standard deviations Pearson's statistic lies above its expectation (Wilson and
   * Hilferty 1931); infinite if an impossible token was sampled. Rare tokens share a cell.
   */
  private static double sigmas(int[] counts, double[] distribution) {
    double statistic = 0;
    double rareExpected = 0;
    double rareCount = 0;
    int cells = 0;
    for (int id = 0; id < counts.length; id++) {
      double expected = SAMPLES * distribution[id];
      if (expected == 0 && counts[id] > 0) {
        return Double.POSITIVE_INFINITY;
      }
      if (expected >= 5) {
        statistic += square(counts[id] - expected) / expected;
        cells++;
      } else {
        rareExpected += expected;
        rareCount += counts[id];
      }
    }
    if (rareExpected >= 5) {
      statistic += square(rareCount - rareExpected) / rareExpected;
      cells++;
    }
    double freedom = cells - 1;
    if (freedom == 0) {
      return statistic;
    }
    double spread = 2 / (9 * freedom);
    return (Math.cbrt(statistic / freedom) - (1 - spread)) / Math.sqrt(spread);
  }

  private static double square(double x) {
    return x * x;
  }

  private static SamplingParameters sampling(
      double temperature,
      int topK,
      double topP,
      double minP,
      double repetition,
      double presence,
      double frequency,
      Map<Integer, Double> bias) {
    return new SamplingParameters(
        temperature, topK, topP, minP, repetition, presence, frequency, bias, 0);
  }
}
