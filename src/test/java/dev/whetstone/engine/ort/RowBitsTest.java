package dev.whetstone.engine.ort;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.benchmark.RandomAdapters;
import dev.whetstone.engine.runner.Batch;
import dev.whetstone.policy.Policy;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelDirectory;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A row's logits have the same bits in every batch, whatever the other rows and versions. */
@Tag("slow")
class RowBitsTest {
  private static final int SLOTS = 17;
  private static final int PROMPT = 21;
  private static final Policy V0 = new Policy("v0", "", null);

  @Test
  void int8RowsWithAnAdapter() {
    sameBitsInEveryBatch("model.onnx", "prefill.onnx", List.of(8));
  }

  @Test
  void int8RowsOfOddAndWideAdapters() {
    sameBitsInEveryBatch("model.onnx", "prefill.onnx", List.of(3, 64));
  }

  @Test
  void float32RowsWithAnAdapter() {
    sameBitsInEveryBatch("exact.onnx", null, List.of(8));
  }

  private static void sameBitsInEveryBatch(
      String graph, @Nullable String prefillGraph, List<Integer> ranks) {
    ModelDirectory directory = TestModels.smollm2();
    OrtSettings settings =
        new OrtSettings(
            directory.path().resolve(graph),
            prefillGraph == null ? null : directory.path().resolve(prefillGraph),
            SLOTS,
            64,
            2,
            OptionalInt.empty());
    List<Policy> neighbours = new ArrayList<>(List.of(V0));
    for (int rank : List.of(1, 8, 16, 5, 32)) {
      neighbours.add(new RandomAdapters(directory.config(), rank).version(100 + rank));
    }
    try (OrtModel model = OrtModel.open(settings)) {
      neighbours.forEach(model::stage);
      for (int rank : ranks) {
        Policy policy = new RandomAdapters(directory.config(), rank).version(rank);
        model.stage(policy);
        sameBitsInEveryBatch(model, policy, neighbours);
      }
      sameBitsInEveryBatch(model, V0, neighbours);
    }
  }

  private static void sameBitsInEveryBatch(OrtModel model, Policy policy, List<Policy> others) {
    Random random = new Random(3);
    int[] prompt = random.ints(PROMPT, 0, model.vocabularySize()).toArray();
    int next = random.nextInt(model.vocabularySize());
    model.run(new Batch.Prefill(0, 0, prompt, policy, new int[0]));
    float[] alone = row(model, 0, new int[] {next}, new int[] {PROMPT}, List.of(policy));
    for (int rows = 2; rows <= SLOTS; rows++) {
      int slotOfRow = random.nextInt(rows);
      model.copySlot(0, slotOfRow, PROMPT);
      int[] tokens = random.ints(rows, 0, model.vocabularySize()).toArray();
      int[] computedTokens = random.ints(rows, 1, PROMPT).toArray();
      List<Policy> policies = new ArrayList<>();
      for (int slot = 0; slot < rows; slot++) {
        policies.add(rows % 3 == 0 ? policy : others.get(random.nextInt(1 + rows % others.size())));
        if (slot > 0 && slot != slotOfRow) {
          model.copySlot(slotOfRow, slot, computedTokens[slot]);
        }
      }
      tokens[slotOfRow] = next;
      computedTokens[slotOfRow] = PROMPT;
      policies.set(slotOfRow, policy);
      assertThat(row(model, slotOfRow, tokens, computedTokens, policies))
          .as(
              "%s as row %d of %s",
              policy.version(), slotOfRow, policies.stream().map(Policy::version).toList())
          .isEqualTo(alone);
      model.copySlot(slotOfRow, 0, PROMPT);
    }
  }

  private static float[] row(
      OrtModel model, int row, int[] tokens, int[] computedTokens, List<Policy> policies) {
    FloatBuffer logits = model.run(new Batch.Decode(tokens, computedTokens, policies));
    float[] values = new float[model.vocabularySize()];
    logits.get(row * values.length, values);
    assertThat(IntStream.range(0, values.length).allMatch(i -> Float.isFinite(values[i]))).isTrue();
    return values;
  }
}
