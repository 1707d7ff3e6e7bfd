package dev.whetstone.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.engine.ort.OrtModel;
import dev.whetstone.engine.ort.OrtSettings;
import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.lora.Adapters;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.policy.Policy;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelDirectory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Seeded completions on the real int8 model have the same bits alone and in changing batches. */
@Tag("slow")
class RealBatchTest {
  private static final ModelDirectory MODEL = TestModels.smollm2();
  private static final int SLOTS = 8;

  @Test
  void tokensAndLogprobsHaveTheSameBitsAloneAndInABatch() throws Exception {
    Policy narrow = policy("narrow", 8);
    Policy wide = policy("wide", 16);
    Random random = new Random(5);
    List<Requests> observed = new ArrayList<>();
    for (Policy policy : List.of(Requests.V0, narrow, wide)) {
      SamplingParameters sampling =
          new SamplingParameters(0.9, 50, 0.95, 0, 1.1, 0, 0, Map.of(), 77);
      observed.add(request(random, 40, new CompletionSpec(policy, sampling)).maxTokens(24));
    }
    List<Completion> alone = new ArrayList<>();
    try (Engine engine = engine(narrow, wide)) {
      for (Requests request : observed) {
        alone.add(await(submit(engine, request)));
      }
    }

    try (Engine engine = engine(narrow, wide)) {
      List<Generation> others = new ArrayList<>();
      List<Generation> repeated = new ArrayList<>();
      for (int i = 0; i < 18; i++) {
        Policy policy = List.of(Requests.V0, narrow, wide).get(random.nextInt(3));
        CompletionSpec branch = new CompletionSpec(policy, SamplingParameters.of(1, i));
        others.add(submit(engine, request(random, 1 + 9 * i, branch).maxTokens(2 + 3 * i % 25)));
        if (i % 6 == 1) {
          repeated.add(submit(engine, observed.get(i / 6)));
        }
      }
      for (int i = 0; i < repeated.size(); i++) {
        Completion again = await(repeated.get(i));
        assertThat(again.tokens()).isEqualTo(alone.get(i).tokens());
        assertThat(again.logps()).isEqualTo(alone.get(i).logps());
      }
      for (Generation other : others) {
        assertThat(await(other).reason()).isEqualTo(FinishReason.LENGTH);
      }
    }
  }

  private static Requests request(Random random, int length, CompletionSpec branch) {
    return Requests.of(random.ints(length, 0, 49_000).toArray())
        .branches(branch)
        .timeout(Duration.ofMinutes(5));
  }

  private static Generation submit(Engine engine, Requests request) throws QueueFullException {
    return engine.submit(request.build(), new Requests.Recorder(1));
  }

  private static Completion await(Generation generation) throws Exception {
    return generation.result().get(2, TimeUnit.MINUTES).getFirst();
  }

  private static Policy policy(String version, int rank) {
    LoraAdapter adapter = Adapters.of(MODEL.config(), rank, rank);
    return new Policy(version, PeftFiles.hash(adapter), adapter);
  }

  private static Engine engine(Policy... policies) throws Exception {
    var settings =
        new EngineFixture.Settings(
            SLOTS, OptionalInt.of(256), 32, 16, 100, 100_000, 1 << 24, 4, Duration.ofMinutes(1));
    OrtModel runner =
        OrtModel.open(
            new OrtSettings(
                MODEL.path().resolve("model.onnx"),
                MODEL.path().resolve("prefill.onnx"),
                SLOTS + 3,
                256,
                2,
                OptionalInt.empty()));
    Engine engine =
        new Engine(
            runner,
            EngineFixture.Letters::new,
            Set.of(2),
            new int[0],
            settings,
            InstantSource.system());
    for (Policy policy : policies) {
      engine.stage(policy).get(1, TimeUnit.MINUTES);
    }
    return engine;
  }
}
