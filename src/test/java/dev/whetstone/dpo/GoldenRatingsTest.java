package dev.whetstone.dpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.data.PairDigest;
import dev.whetstone.dpo.data.RatedCompletion;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.evaluation.StepMetrics;
import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.network.PromptCompletions;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs on completions that were rated one by one, compared with TRL's KTOTrainer. */
@Tag("slow")
class GoldenRatingsTest {
  private static final double LOSS = 1e-4;
  private static final double METRIC = 1e-3;
  private static final double GRADIENT = 2e-3;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"train-kto", "train-kto-weighted", "train-apo-zero-unpaired"})
  void aRunIsTrls(String name) throws IOException {
    GoldenRun golden = GoldenRun.read(name);
    List<StepMetrics> steps = new ArrayList<>();

    TrainingOutcome outcome =
        train(List.of(), ratings(golden), config(golden, "{}"), startAsReference(golden), steps);

    JsonNode expected = golden.run().path("per_step");
    assertThat(steps).hasSize(expected.size());
    for (int i = 0; i < steps.size(); i++) {
      compare(steps.get(i).toMap(), expected.get(i), i);
    }
    assertThat(outcome.probes()).isNotEmpty();
    compare(Objects.requireNonNull(outcome.adapter()), golden.adapter("adapter_final.safetensors"));
  }

  /** The reference point is one number a batch, so that micro-batches change nothing. */
  @Test
  void howABatchIsCutDoesNotMatter() throws IOException {
    GoldenRun golden = GoldenRun.read("train-kto");
    List<TokenPair> pairs = GoldenRun.read("train-tiny-sigmoid").pairs().subList(0, 24);
    String mixed = "{\"loss_type\": [\"sigmoid\", \"sft\", \"kto\"], \"token_budget\": %d}";
    List<StepMetrics> whole = new ArrayList<>();
    List<StepMetrics> cut = new ArrayList<>();

    LoraAdapter one =
        train(pairs, ratings(golden), config(golden, mixed.formatted(100_000)), whole).adapter();
    LoraAdapter many =
        train(pairs, ratings(golden), config(golden, mixed.formatted(1)), cut).adapter();

    for (int i = 0; i < whole.size(); i++) {
      assertThat(cut.get(i).loss()).isCloseTo(whole.get(i).loss(), within(1e-5));
      // pairs and ratings are spread over all batches
      assertThat(whole.get(i).train()).isNotNull();
      assertThat(whole.get(i).ratings()).isNotNull();
      assertThat(whole.get(i).toMap()).containsKeys("rewards/margins", "kto_kl", "loss");
    }
    compare(Objects.requireNonNull(many), Objects.requireNonNull(one));
  }

  /** (n_p L_p + n_r L_r) / (n_p + n_r), each loss as it is without the other. */
  @Test
  void aMixedLossIsTheMeanOverItsExamples() throws IOException {
    GoldenRun golden = GoldenRun.read("train-kto");
    List<TokenPair> pairs = GoldenRun.read("train-tiny-sigmoid").pairs().subList(0, 2);
    List<RatedCompletion> ratings = ratings(golden).subList(0, 4);
    String settings =
        "{\"loss_type\": [\"sigmoid\", \"sft\", \"kto\"], \"steps\": 1, \"batch_size\": 6}";

    double both = firstLoss(pairs, ratings, config(golden, settings));
    double ofPairs = firstLoss(pairs, List.of(), config(golden, settings));
    double ofRatings = firstLoss(List.of(), ratings, config(golden, settings));

    assertThat(both).isCloseTo((2 * ofPairs + 4 * ofRatings) / 6, within(1e-6));
  }

  private double firstLoss(List<TokenPair> pairs, List<RatedCompletion> ratings, TrainConfig config)
      throws IOException {
    List<StepMetrics> steps = new ArrayList<>();
    train(pairs, ratings, config, steps);
    return steps.getFirst().loss();
  }

  private TrainingOutcome train(
      List<TokenPair> pairs,
      List<RatedCompletion> ratings,
      TrainConfig config,
      List<StepMetrics> steps)
      throws IOException {
    return train(pairs, ratings, config, ReferenceCache.NONE, steps);
  }

  private TrainingOutcome train(
      List<TokenPair> pairs,
      List<RatedCompletion> ratings,
      TrainConfig config,
      ReferenceCache references,
      List<StepMetrics> steps)
      throws IOException {
    TrainingJob job =
        new TrainingJob(
            TestModels.tiny(),
            pairs,
            ratings,
            List.of(),
            config,
            GoldenRun.read("train-kto").adapter("adapter_init.safetensors"),
            null,
            folder.resolve("run-" + folder.toFile().list().length),
            false);
    return new Trainer(TrainerOptions.exact(2, InstantSource.system(), "test").with(references))
        .run(job, steps::add);
  }

  /**
   * TRL takes a copy of the adapter that it is given as the reference. Here it is always the base,
   * so what the first adapter writes is put in the place of what the base does.
   */
  private static ReferenceCache startAsReference(GoldenRun golden) throws IOException {
    Map<ReferenceCache.Key, float[]> logps = new HashMap<>();
    ModelDirectory base = TestModels.tiny();
    try (Network network = Network.openFrozen(base, NetworkSettings.exact(2))) {
      var _ = network.adapt(GoldenRun.read("train-kto").adapter("adapter_init.safetensors"));
      for (RatedCompletion rating :
          RatedCompletion.prepare(ratings(golden), 1024, 4, new ArrayList<>())) {
        List<int[]> completions = List.of(rating.completion(), rating.mismatched());
        float[][] scores =
            network
                .policyScores(List.of(new PromptCompletions(rating.prompt(), completions)))
                .logps();
        for (int i = 0; i < scores.length; i++) {
          String tokens = new PairDigest().add(rating.prompt()).add(completions.get(i)).hex();
          logps.put(new ReferenceCache.Key(base.hash(), tokens), scores[i]);
        }
      }
    }
    return new ReferenceCache() {
      @Override
      public Map<Key, float[]> find(Collection<Key> keys) {
        Map<Key, float[]> found = new HashMap<>(logps);
        found.keySet().retainAll(keys);
        return found;
      }

      @Override
      public void store(Map<Key, float[]> others) {
        throw new IllegalStateException("all of them are known");
      }
    };
  }

  private static TrainConfig config(GoldenRun golden, String changed) {
    ObjectNode settings = golden.run().deepCopy();
    settings.remove(List.of("per_step", "examples"));
    return TrainConfigFile.read(
        changed, TrainConfigFile.read(settings.toString(), TrainConfig.plain()));
  }

  private static List<RatedCompletion> ratings(GoldenRun golden) {
    JsonNode examples = golden.run().path("examples");
    return IntStream.range(0, examples.size())
        .mapToObj(
            i ->
                new RatedCompletion(
                    "rating-" + i,
                    GoldenRun.ids(examples.get(i).path("prompt_ids")),
                    GoldenRun.ids(examples.get(i).path("completion_ids")),
                    examples.get(i).path("label").asBoolean(),
                    1))
        .toList();
  }

  private static void compare(Map<String, Object> ours, JsonNode golden, int step) {
    golden
        .properties()
        .forEach(
            metric -> {
              double expected = metric.getValue().asDouble();
              double tolerance =
                  switch (metric.getKey()) {
                    case "loss" -> LOSS;
                    case "grad_norm" -> GRADIENT;
                    default -> METRIC;
                  };
              assertThat(((Number) ours.getOrDefault(metric.getKey(), Double.NaN)).doubleValue())
                  .as("%s of step %d", metric.getKey(), step + 1)
                  .isCloseTo(expected, within(tolerance * Math.max(1, Math.abs(expected))));
            });
  }

  private static void compare(LoraAdapter ours, LoraAdapter golden) {
    assertThat(ours.modules().keySet()).isEqualTo(golden.modules().keySet());
    golden
        .modules()
        .forEach(
            (name, module) -> {
              LoraAdapter.Module own = Objects.requireNonNull(ours.modules().get(name), name);
              assertThat(own.a()).as(name).containsExactly(module.a(), within(1e-3f));
              assertThat(own.b()).as(name).containsExactly(module.b(), within(1e-3f));
            });
  }
}
