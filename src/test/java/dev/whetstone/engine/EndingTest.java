package dev.whetstone.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.engine.sampling.SamplingParameters;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What ends a completion besides its limit. */
class EndingTest {
  private static final int WANTED = 24;

  /** An end token at every step, were it not held. */
  private static final SamplingParameters EAGER =
      new SamplingParameters(0, 0, 1, 0, 1, 0, 0, Map.of(EngineFixture.EOS, 100.0), 1);

  private static Completion run(SamplingParameters sampling, Ending ending) throws Exception {
    try (EngineFixture fixture = new EngineFixture()) {
      return fixture
          .engine
          .submit(
              Requests.of(7, 8, 9).maxTokens(WANTED).sampling(sampling).ending(ending).build(),
              GenerationListener.NO_OP)
          .result()
          .get(30, TimeUnit.SECONDS)
          .getFirst();
    }
  }

  private static Ending ending(Set<Integer> tokens, int minTokens) {
    return new Ending(List.of(), false, tokens, minTokens, false);
  }

  @Test
  void noEndTokenComesBeforeTheLeastNumberOfTokens() throws Exception {
    assertThat(run(EAGER, Ending.NATURAL).tokens()).containsExactly(EngineFixture.EOS);

    Completion held = run(EAGER, ending(Set.of(), 5));

    assertThat(held.tokens()).hasSize(6).endsWith(EngineFixture.EOS);
    assertThat(held.tokens()).startsWith(withoutEnd(5));
    assertThat(held.reason()).isEqualTo(FinishReason.STOP);
    assertThat(held.text()).hasSize(5);
  }

  /** What the model writes where the end token is out of the question. */
  private static int[] withoutEnd(int count) throws Exception {
    var banned = new SamplingParameters(0, 0, 1, 0, 1, 0, 0, Map.of(EngineFixture.EOS, -100.0), 1);
    int[] all = run(banned, Ending.NEVER).tokens();
    return Arrays.copyOf(all, count);
  }

  @Test
  void furtherEndTokensEndATextAndAreNotInIt() throws Exception {
    Completion whole = run(SamplingParameters.greedy(), Ending.NEVER);
    int last = whole.tokens()[3];

    Completion cut = run(SamplingParameters.greedy(), ending(Set.of(last), 0));

    assertThat(whole.tokens()).startsWith(cut.tokens());
    assertThat(cut.tokens()).endsWith(last).hasSizeLessThanOrEqualTo(4);
    assertThat(cut.text()).isEqualTo(whole.text().substring(0, cut.tokens().length - 1));
    assertThat(cut.reason()).isEqualTo(FinishReason.STOP);
  }

  @Test
  void aStopSequenceIsLookedForBehindTheLeastNumberOfTokens() throws Exception {
    String whole = run(SamplingParameters.greedy(), Ending.NEVER).text();
    String stop = whole.substring(2, 4);
    Ending natural = Ending.NEVER.withStops(List.of(stop));

    assertThat(run(SamplingParameters.greedy(), natural).text())
        .isEqualTo(whole.substring(0, whole.indexOf(stop)));
    Ending kept = new Ending(List.of(stop), true, Set.of(), 0, true);
    assertThat(run(SamplingParameters.greedy(), kept).text())
        .isEqualTo(whole.substring(0, whole.indexOf(stop) + 2));
    Ending later = new Ending(List.of(stop), false, Set.of(), 4, true);
    int next = whole.indexOf(stop, 4);
    assertThat(run(SamplingParameters.greedy(), later).text())
        .isEqualTo(next < 0 ? whole : whole.substring(0, next));
  }

  @Test
  void impossibleLeastNumbersAreRefused() {
    assertThatThrownBy(() -> ending(Set.of(), -1)).hasMessageContaining("min_tokens");
    assertThatThrownBy(() -> Requests.of(1).maxTokens(4).ending(ending(Set.of(), 5)).build())
        .hasMessageContaining("min_tokens must be at most max_tokens");
  }
}
