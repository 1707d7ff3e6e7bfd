package dev.whetstone.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.grammar.Grammar;
import dev.whetstone.grammar.TokenGrammar;
import dev.whetstone.grammar.TokenVocabulary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Completions that keep to a grammar, beside others that do not. */
class GrammarCompletionTest {
  private static final List<String> CHOICES = List.of("YES", "YESSIR", "NO", "{SO}");
  private static final TokenGrammar GRAMMAR =
      new TokenGrammar(
          Grammar.ofChoices(CHOICES),
          new TokenVocabulary(
              IntStream.range(0, HashRunner.VOCABULARY)
                  .mapToObj(id -> new byte[] {(byte) ('A' + id)})
                  .toArray(byte[][]::new),
              Set.of(EngineFixture.EOS)));

  private static GenerationRequest request(
      int maxTokens, boolean distinct, double... temperatures) {
    List<CompletionSpec> branches = new ArrayList<>();
    for (double temperature : temperatures) {
      SamplingParameters sampling = SamplingParameters.of(temperature, 3);
      branches.add(new CompletionSpec(Requests.V0, sampling));
    }
    return new GenerationRequest(
        new int[] {4, 5, 6},
        branches,
        maxTokens,
        Ending.NATURAL,
        false,
        2,
        distinct,
        Duration.ofMinutes(1),
        Requester.INTERNAL,
        GRAMMAR);
  }

  private static List<Completion> run(EngineFixture fixture, GenerationRequest request)
      throws Exception {
    return fixture
        .engine
        .submit(request, GenerationListener.NO_OP)
        .result()
        .get(30, TimeUnit.SECONDS);
  }

  @Test
  void everyCompletionIsWhole() throws Exception {
    try (EngineFixture fixture = new EngineFixture()) {
      for (Completion done : run(fixture, request(16, false, 0, 0.7, 1.5))) {
        assertThat(done.text()).isIn(CHOICES);
        assertThat(done.reason()).isEqualTo(FinishReason.STOP);
        assertThat(done.tokens()[done.tokens().length - 1]).isEqualTo(EngineFixture.EOS);
        assertThat(done.topLogprobs()).hasSameSizeAs(done.tokens());
      }
    }
  }

  @Test
  void theTokenLimitSaysThatItCutTheCompletion() throws Exception {
    try (EngineFixture fixture = new EngineFixture()) {
      Completion cut = run(fixture, request(2, false, 1)).getFirst();

      assertThat(cut.reason()).isEqualTo(FinishReason.LENGTH);
      assertThat(CHOICES).anyMatch(choice -> choice.startsWith(cut.text()));
    }
  }

  @Test
  void theSidesOfAPairDifferWithinTheGrammar() throws Exception {
    try (EngineFixture fixture = new EngineFixture()) {
      List<Completion> sides = run(fixture, request(16, true, 1, 1));

      assertThat(sides).allMatch(side -> CHOICES.contains(side.text()));
      assertThat(sides.get(1).identical() || !sides.get(0).text().equals(sides.get(1).text()))
          .isTrue();
    }
  }

  @Test
  void rowsWithoutAGrammarStayAsTheyAre() throws Exception {
    Requests free = Requests.of(1, 2, 3).maxTokens(12);
    Completion alone;
    try (EngineFixture fixture = new EngineFixture()) {
      alone = fixture.generate(free).getFirst();
    }
    try (EngineFixture fixture = new EngineFixture()) {
      var masked = fixture.engine.submit(request(16, false, 1), GenerationListener.NO_OP);
      Completion beside = fixture.generate(free).getFirst();

      assertThat(beside.tokens()).isEqualTo(alone.tokens());
      assertThat(beside.logps()).isEqualTo(alone.logps());
      assertThat(masked.result().get(30, TimeUnit.SECONDS).getFirst().text()).isIn(CHOICES);
    }
  }
}
