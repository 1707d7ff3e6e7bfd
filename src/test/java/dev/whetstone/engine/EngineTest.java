package dev.whetstone.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.policy.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EngineTest {
  @Test
  void aSeedGivesTheSameCompletionAloneAndInABatch() throws Exception {
    Requests request = Requests.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10).maxTokens(40);
    Completion alone;
    try (EngineFixture fixture = new EngineFixture()) {
      alone = fixture.generate(request).getFirst();
    }

    try (EngineFixture fixture = new EngineFixture()) {
      List<Generation> batch = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        Requests other = Requests.of(1, 2, i % 60, 4, 5, 6, 7, i).maxTokens(1 + i);
        batch.add(fixture.engine.submit(other.build(), new Requests.Recorder(1)));
        batch.add(fixture.engine.submit(request.build(), new Requests.Recorder(1)));
      }
      for (int i = 1; i < batch.size(); i += 2) {
        Completion same = batch.get(i).result().get(30, TimeUnit.SECONDS).getFirst();
        assertThat(same.tokens()).isEqualTo(alone.tokens());
        assertThat(same.logps()).isEqualTo(alone.logps());
        assertThat(same.text()).isEqualTo(alone.text()).hasSize(40);
      }
    }
  }

  @Test
  void aListenerSeesWhatTheCompletionHolds() throws Exception {
    try (EngineFixture fixture = new EngineFixture()) {
      Requests.Recorder recorder = new Requests.Recorder(1);

      Completion completion = fixture.generate(Requests.of(5), recorder).getFirst();

      assertThat(recorder.texts.getFirst()).hasToString(completion.text());
      assertThat(recorder.tokens.getFirst())
          .containsExactlyElementsOf(java.util.Arrays.stream(completion.tokens()).boxed().toList());
      assertThat(recorder.finished.getFirst()).isSameAs(completion);
      assertThat(completion.reason()).isEqualTo(FinishReason.LENGTH);
    }
  }

  @Test
  void branchesOfDifferentVersionsKeepTheirOwnKv() throws Exception {
    Policy v1 = Requests.adapted("v1");
    SamplingParameters sampling = SamplingParameters.of(1, 3);
    Requests mixed =
        Requests.of(1, 2, 3)
            .branches(new CompletionSpec(Requests.V0, sampling), new CompletionSpec(v1, sampling));
    try (EngineFixture fixture = new EngineFixture()) {
      fixture.engine.stage(v1).get(5, TimeUnit.SECONDS);

      List<Completion> both = fixture.generate(mixed);

      Requests alone = Requests.of(1, 2, 3);
      assertThat(both.get(0).tokens())
          .isEqualTo(fixture.generate(alone.sampling(sampling)).getFirst().tokens());
      assertThat(both.get(1).tokens())
          .isEqualTo(
              fixture
                  .generate(alone.branches(new CompletionSpec(v1, sampling)))
                  .getFirst()
                  .tokens())
          .isNotEqualTo(both.get(0).tokens());
      assertThat(both.get(1).policy()).isEqualTo("v1");
    }
  }
}
