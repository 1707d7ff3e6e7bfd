package dev.whetstone.engine.ort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.engine.runner.Batch;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.policy.Policy;
import dev.whetstone.testing.LlamaOracle;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** LoRA as inputs of the float32 graph, compared with the plain Java oracle and TRL's numbers. */
class LoraForwardTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final double TOLERANCE = 1e-4;
  private static final int SLOTS = 6;
  private static final Policy V0 = new Policy("v0", "", null);

  private static Tensors weights;
  private static LlamaOracle oracle;
  private static OrtModel model;
  private final Random random = new Random(7);
  private final List<Policy> staged = new ArrayList<>();

  @BeforeAll
  static void open() throws IOException {
    var directory = TestModels.tiny();
    weights = directory.weights();
    oracle = new LlamaOracle(directory.config(), weights);
    Path graph = directory.path().resolve("exact.onnx");
    model = OrtModel.open(new OrtSettings(graph, null, SLOTS, 256, 2, OptionalInt.empty()));
  }

  @AfterAll
  static void close() {
    model.close();
    weights.close();
  }

  @AfterEach
  void release() {
    staged.forEach(model::release);
  }

  @Test
  void aTrainedAdapterComputesWhatTheOracleDoes() throws IOException {
    for (String run : List.of("train-tiny-sigmoid", "train-tiny-ipo", "train-tiny-robust")) {
      Policy policy = stage(run, trained(run));
      for (JsonNode pair : pairs(run, 0, 2)) {
        int[] prompt = ids(pair.path("prompt_ids"));
        int[] chosen = ids(pair.path("chosen_ids"));

        assertThat(logps(prompt, chosen, policy))
            .as(run)
            .containsExactly(oracle.logps(prompt, chosen, policy.adapter()), within(TOLERANCE));
      }
    }
  }

  @Test
  void beforeTheFirstUpdateTheLogprobsAreTrls() throws IOException {
    String run = "train-tiny-sigmoid";
    LoraAdapter first =
        PeftFiles.read(
            Files.readAllBytes(GOLDEN.resolve(run + "/adapter_init.safetensors")), 8, 16);
    Policy policy = stage("init", first);
    JsonNode steps = run(run).path("per_step");
    // The learning rate of step 0 is 0, so step 1 still uses the initial adapter.
    for (int step = 0; step < 2; step++) {
      assertThat(mean(run, step, "chosen_ids", policy))
          .isCloseTo(steps.get(step).path("logps/chosen").asDouble(), within(1e-3));
      assertThat(mean(run, step, "rejected_ids", policy))
          .isCloseTo(steps.get(step).path("logps/rejected").asDouble(), within(1e-3));
    }
  }

  @Test
  void oneSmallUpdateAfterTrlsLastStepItsPairsAreALittleFurtherApart() throws IOException {
    for (String run : List.of("train-tiny-sigmoid", "train-tiny-ipo")) {
      Policy policy = stage(run, trained(run));
      JsonNode steps = run(run).path("per_step");
      int last = steps.size() - 1;
      double chosenBefore = steps.get(last).path("logps/chosen").asDouble();
      double rejectedBefore = steps.get(last).path("logps/rejected").asDouble();

      double chosen = mean(run, last, "chosen_ids", policy);
      double rejected = mean(run, last, "rejected_ids", policy);

      assertThat(chosen).as(run).isCloseTo(chosenBefore, within(0.05));
      assertThat(rejected).as(run).isCloseTo(rejectedBefore, within(0.05));
      assertThat(chosen - rejected).as(run).isGreaterThan(chosenBefore - rejectedBefore);
    }
  }

  @Test
  void everyVersionOfAMixedBatchComputesItsOwn() {
    List<Policy> policies =
        List.of(
            stage("all", random(8, 16, Stream.of("q", "k", "v", "o", "gate", "up", "down"))),
            V0,
            stage("q v", random(4, 8, Stream.of("q", "v"))),
            stage("mlp", random(16, 4, Stream.of("gate", "down"))),
            stage("k up", random(1, 1, Stream.of("k", "up"))),
            stage("o", random(3, 7, Stream.of("o"))));
    int[][] prompts = new int[SLOTS][];
    for (int slot = 0; slot < SLOTS; slot++) {
      prompts[slot] = random.ints(5 + 7 * slot, 3, 500).toArray();
      model.run(new Batch.Prefill(slot, 0, prompts[slot], policies.get(slot), new int[0]));
    }
    int[][] continued =
        IntStream.range(0, SLOTS)
            .mapToObj(i -> random.ints(4, 3, 500).toArray())
            .toArray(int[][]::new);

    for (int step = 0; step < 4; step++) {
      int at = step;
      FloatBuffer logits =
          model.run(
              new Batch.Decode(
                  Stream.of(continued).mapToInt(tokens -> tokens[at]).toArray(),
                  Stream.of(prompts).mapToInt(prompt -> prompt.length + at).toArray(),
                  policies));
      for (int slot = 0; slot < SLOTS; slot++) {
        int[] text = concat(prompts[slot], IntStream.of(continued[slot]).limit(step + 1).toArray());
        double[][] expected = oracle.logits(text, policies.get(slot).adapter());
        assertThat(row(logits, slot))
            .as("%s, step %d", policies.get(slot).version(), step)
            .containsExactly(expected[text.length - 1], within(TOLERANCE));
      }
    }
  }

  @Test
  void theLargestValuesThatAreServedLeaveOtherVersionsAlone() {
    LoraAdapter adapter = random(8, 8, Stream.of("q", "k", "v", "o", "gate", "up", "down"));
    adapter
        .modules()
        .values()
        .forEach(
            module -> {
              Arrays.fill(module.a(), LoraAdapter.MAX_MAGNITUDE);
              Arrays.fill(module.b(), -LoraAdapter.MAX_MAGNITUDE);
            });
    Policy largest = stage("largest", adapter);
    Policy other = stage("other", random(4, 8, Stream.of("q", "down")));
    List<Policy> policies = List.of(V0, largest, other);
    int[] prompt = random.ints(9, 3, 500).toArray();
    for (int slot = 0; slot < policies.size(); slot++) {
      model.run(new Batch.Prefill(slot, 0, prompt, policies.get(slot), new int[0]));
    }

    FloatBuffer logits =
        model.run(new Batch.Decode(new int[] {43, 43, 43}, new int[] {9, 9, 9}, policies));

    int[] text = concat(prompt, new int[] {43});
    for (int slot : new int[] {0, 2}) {
      assertThat(row(logits, slot))
          .as(policies.get(slot).version())
          .containsExactly(oracle.logits(text, policies.get(slot).adapter())[9], within(TOLERANCE));
    }
  }

  @Test
  void anAdapterThatDoesNotFitIsRefusedAndLeavesTheModelAsItWas() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> stage("x", adapter(2, 1, "model.layers.4.mlp.up_proj", 64, 192)))
        .withMessageContaining("no linear layer model.layers.4.mlp.up_proj");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> stage("x", adapter(2, 1, "lm_head", 64, 512)))
        .withMessageContaining("no linear layer lm_head");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> stage("x", adapter(2, 1, "model.layers.0.mlp.up_proj", 64, 191)))
        .withMessageContaining("64 to 191")
        .withMessageContaining("64 to 192");
    int[] prompt = {1, 291, 201};
    assertThat(logps(prompt, new int[] {43}, V0))
        .containsExactly(oracle.logps(prompt, new int[] {43}, null), within(TOLERANCE));
  }

  private static double[] logps(int[] prompt, int[] completion, Policy policy) {
    int[] all = concat(prompt, completion);
    int[] rows = IntStream.range(prompt.length - 1, all.length - 1).toArray();
    FloatBuffer logits = model.run(new Batch.Prefill(0, 0, all, policy, rows));
    return IntStream.range(0, completion.length)
        .mapToDouble(i -> LlamaOracle.logp(row(logits, i), completion[i]))
        .toArray();
  }

  /** Mean of a side's summed log-probs over the four pairs of a step, as TRL logs it. */
  private static double mean(String run, int step, String side, Policy policy) throws IOException {
    return pairs(run, 4 * step, 4).stream()
        .mapToDouble(
            pair ->
                Arrays.stream(logps(ids(pair.path("prompt_ids")), ids(pair.path(side)), policy))
                    .sum())
        .average()
        .orElseThrow();
  }

  private Policy stage(String name, LoraAdapter adapter) {
    Policy policy = new Policy(name, PeftFiles.hash(adapter), adapter);
    model.stage(policy);
    staged.add(policy);
    return policy;
  }

  private static LoraAdapter trained(String run) throws IOException {
    JsonNode settings = run(run);
    return PeftFiles.read(
        Files.readAllBytes(GOLDEN.resolve(run + "/adapter_final.safetensors")),
        settings.path("lora_rank").asInt(),
        settings.path("lora_alpha").asDouble());
  }

  private LoraAdapter random(int rank, double alpha, Stream<String> names) {
    TreeMap<String, LoraAdapter.Module> modules = new TreeMap<>();
    names
        .map(
            name ->
                (List.of("gate", "up", "down").contains(name) ? "mlp." : "self_attn.")
                    + name
                    + "_proj")
        .forEach(
            name -> {
              for (int layer = 0; layer < 4; layer++) {
                String module = "model.layers." + layer + "." + name;
                long[] shape = weights.shape(module + ".weight");
                modules.putAll(
                    adapter(rank, alpha, module, (int) shape[1], (int) shape[0]).modules());
              }
            });
    return new LoraAdapter(rank, alpha, modules);
  }

  private LoraAdapter adapter(int rank, double alpha, String module, int in, int out) {
    return new LoraAdapter(
        rank,
        alpha,
        new TreeMap<>(
            Map.of(
                module, new LoraAdapter.Module(in, out, values(rank * in), values(out * rank)))));
  }

  private float[] values(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (0.1 * random.nextGaussian());
    }
    return values;
  }

  private static double[] row(FloatBuffer logits, int index) {
    float[] row = new float[model.vocabularySize()];
    logits.get(index * row.length, row);
    return IntStream.range(0, row.length).mapToDouble(i -> row[i]).toArray();
  }

  private static int[] concat(int[] a, int[] b) {
    return IntStream.concat(IntStream.of(a), IntStream.of(b)).toArray();
  }

  private static JsonNode run(String run) throws IOException {
    return new ObjectMapper().readTree(GOLDEN.resolve(run + "/run.json").toFile());
  }

  private static List<JsonNode> pairs(String run, int from, int count) throws IOException {
    JsonNode all = run(run).path("pairs");
    return IntStream.range(from, from + count).mapToObj(all::get).toList();
  }

  private static int[] ids(JsonNode node) {
    return IntStream.range(0, node.size()).map(i -> node.get(i).asInt()).toArray();
  }
}
