package dev.whetstone.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.dpo.GoldenRun;
import dev.whetstone.dpo.Trainer;
import dev.whetstone.dpo.TrainerOptions;
import dev.whetstone.dpo.TrainingJob;
import dev.whetstone.dpo.TrainingOutcome;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.evaluation.StepMetrics;
import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.network.PromptCompletions;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.onnx.Precision;
import dev.whetstone.onnx.proto.GraphProto;
import dev.whetstone.onnx.proto.ModelProto;
import dev.whetstone.testing.ForwardRun;
import dev.whetstone.testing.TinyArchitectures;
import dev.whetstone.weights.HuggingFaceConfig;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tiny random models of every architecture, beside Transformers' and PEFT's numbers. */
@Tag("slow")
class ArchitecturesTest {
  private static final double FORWARD = 1e-4;
  private static final double LOSS = 1e-4;
  private static final double ADAPTER = 1e-3;

  /** Largest difference of a logit of a mixture, whatever rows are beside it. */
  private static final float MIXED = 1e-4f;

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("dev.whetstone.testing.TinyArchitectures#names")
  void servesAndTrainsAsTransformersDoes(String name) throws IOException {
    ModelDirectory model = imported(name);
    JsonNode golden =
        new ObjectMapper()
            .readTree(TinyArchitectures.GOLDEN.resolve(name + "/golden.json").toFile());

    assertThat(model.config()).isEqualTo(HuggingFaceConfig.read(source(name)));
    for (String graph : List.of("model.onnx", "prefill.onnx", "exact.onnx")) {
      assertThat(unused(model.path().resolve(graph))).as(graph).isEmpty();
    }
    compareServing(model, golden.path("forward"));
    compareScores(model, golden.path("forward"));
    compareBatches(model, golden.path("forward").get(2));
    compareTraining(model, name, golden.path("training"));
    assertThat(QuantizationKl.measure(model.path())).isLessThan(0.02);
  }

  private Path source(String name) throws IOException {
    return TinyArchitectures.directory(name, folder.resolve(name));
  }

  private ModelDirectory imported(String name) throws IOException {
    Path source = source(name);
    ModelStore store =
        new ModelStore(
            folder.resolve("home"), ModelCatalogue.open(Path.of("models")), System.out::println);
    store.resolve(source.toString(), Precision.FP32);
    return store.resolve(source.toString(), Precision.INT8);
  }

  /** Initializers that no node reads; ONNX Runtime warns of each to whoever loads the graph. */
  private static Set<String> unused(Path file) throws IOException {
    GraphProto graph = ModelProto.parseFrom(Files.readAllBytes(file)).getGraph();
    Set<String> names = new TreeSet<>();
    graph.getInitializerList().forEach(tensor -> names.add(tensor.getName()));
    graph.getNodeList().forEach(node -> node.getInputList().forEach(names::remove));
    return names;
  }

  private static void compareServing(ModelDirectory model, JsonNode forward) {
    try (ForwardRun run = ForwardRun.open(model.path().resolve("exact.onnx"), 1, 256)) {
      for (JsonNode example : forward) {
        int[] prompt = GoldenRun.ids(example.path("prompt_ids"));
        double[] logps = run.score(prompt, GoldenRun.ids(example.path("completion_ids")));
        assertThat(logps).hasSize(example.path("completion_token_logps").size());
        for (int i = 0; i < logps.length; i++) {
          assertThat(logps[i])
              .as("served token %d after %d", i, prompt.length)
              .isCloseTo(example.path("completion_token_logps").get(i).asDouble(), within(FORWARD));
        }
        int[] greedy = GoldenRun.ids(example.path("greedy_ids"));
        assertThat(run.greedy(prompt, greedy.length)).isEqualTo(greedy);
      }
    }
  }

  /**
   * A row's bits do not depend on the rows beside it; but where experts are, others ask for them as
   * well, and a product of more rows is rounded otherwise.
   */
  private static void compareBatches(ModelDirectory model, JsonNode example) {
    for (String graph : List.of("exact.onnx", "model.onnx")) {
      try (ForwardRun run = ForwardRun.open(model.path().resolve(graph), 4, 128)) {
        List<float[]> rows = run.sameRowInBatches(GoldenRun.ids(example.path("prompt_ids")));
        float bound = model.config().design().experts() == null ? 0 : MIXED;
        assertThat(rows)
            .hasSize(4)
            .allSatisfy(row -> assertThat(row).containsExactly(rows.getFirst(), within(bound)));
      }
    }
  }

  private static void compareScores(ModelDirectory model, JsonNode forward) throws IOException {
    try (Network network = Network.open(model, NetworkSettings.exact(2))) {
      for (JsonNode example : forward) {
        PromptCompletions row =
            new PromptCompletions(
                GoldenRun.ids(example.path("prompt_ids")),
                List.of(GoldenRun.ids(example.path("completion_ids"))));
        float[] logps = network.referenceScores(List.of(row)).logps()[0];
        for (int i = 0; i < logps.length; i++) {
          assertThat((double) logps[i])
              .as("trained token %d after %d", i, row.prompt().length)
              .isCloseTo(example.path("completion_token_logps").get(i).asDouble(), within(FORWARD));
        }
      }
    }
  }

  private void compareTraining(ModelDirectory model, String name, JsonNode training)
      throws IOException {
    GoldenRun recorded = new GoldenRun(TinyArchitectures.GOLDEN.resolve(name), training);
    List<StepMetrics> steps = new ArrayList<>();
    TrainingJob job =
        new TrainingJob(
            model,
            recorded.pairs(),
            List.of(),
            config(training),
            recorded.adapter("adapter_init.safetensors"),
            folder.resolve("run-" + name),
            false);
    TrainingOutcome outcome =
        new Trainer(TrainerOptions.exact(2, InstantSource.system(), "test")).run(job, steps::add);

    JsonNode golden = training.path("per_step");
    assertThat(steps).hasSize(golden.size());
    for (int i = 0; i < steps.size(); i++) {
      Map<String, Object> step = steps.get(i).toMap();
      close(step, "loss", golden.get(i).path("loss").asDouble(), LOSS, i);
      close(step, "grad_norm", golden.get(i).path("grad_norm").asDouble(), 2e-3, i);
    }
    LoraAdapter ours = Objects.requireNonNull(outcome.adapter());
    LoraAdapter wanted = recorded.adapter("adapter_final.safetensors");
    assertThat(ours.modules().keySet()).isEqualTo(wanted.modules().keySet());
    wanted
        .modules()
        .forEach(
            (module, factors) -> {
              LoraAdapter.Module own = Objects.requireNonNull(ours.modules().get(module), module);
              assertThat(own.a()).as(module).containsExactly(factors.a(), within((float) ADAPTER));
              assertThat(own.b()).as(module).containsExactly(factors.b(), within((float) ADAPTER));
            });
    compareAdapter(model, ours, training.path("pairs").get(0));
  }

  /** The adapter that was trained is the one that is served. */
  private static void compareAdapter(ModelDirectory model, LoraAdapter adapter, JsonNode pair)
      throws IOException {
    int[] prompt = GoldenRun.ids(pair.path("prompt_ids"));
    int[] completion = GoldenRun.ids(pair.path("chosen_ids"));
    float[] trained;
    try (Network network = Network.open(model, NetworkSettings.exact(2))) {
      network.adapt(adapter);
      trained =
          network.policyScores(List.of(new PromptCompletions(prompt, List.of(completion))))
              .logps()[0];
    }
    try (ForwardRun run = ForwardRun.open(model.path().resolve("exact.onnx"), 1, 256)) {
      double[] served = run.score(prompt, completion, adapter);
      for (int i = 0; i < served.length; i++) {
        assertThat(served[i]).isCloseTo(trained[i], within(FORWARD));
      }
    }
  }

  private static void close(
      Map<String, Object> step, String name, double golden, double tolerance, int index) {
    assertThat(((Number) step.getOrDefault(name, Double.NaN)).doubleValue())
        .as("%s of step %d", name, index + 1)
        .isCloseTo(golden, within(tolerance * Math.max(1, Math.abs(golden))));
  }

  private static TrainConfig config(JsonNode training) {
    ObjectNode settings = new ObjectMapper().createObjectNode();
    settings.put("loss_type", "sigmoid").put("beta", 0.1).put("learning_rate", 1e-3);
    settings.put("lr_scheduler", "constant").put("max_grad_norm", 1.0);
    settings.put("weight_decay", 0.0).put("batch_size", 2).put("steps", 3);
    settings.put("lora_rank", training.path("lora_rank").asInt());
    settings.put("lora_alpha", training.path("lora_alpha").asInt());
    return TrainConfigFile.read(settings.toString(), TrainConfig.plain());
  }
}
