package dev.whetstone.engine.ort;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.benchmark.RandomAdapters;
import dev.whetstone.engine.runner.Batch;
import dev.whetstone.policy.Policy;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelDirectory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A prompt's keys, values and logits have the same bits however it is cut into chunks, with
 * adapters too, unless a chunk is one token behind others: the attention of a single row is rounded
 * in another way, so the scheduler makes no such chunk.
 */
class PromptBitsTest {
  private static final int SLOT = 1;
  private static final Policy V0 = new Policy("v0", "", null);
  private static final int[][] SPLITS = {
    {16, 74},
    {80, 10},
    {82, 8},
    {32, 118},
    {32, 58},
    {64, 26},
    {32, 96},
    {2, 88},
    {88, 2},
    {1, 89},
    {3, 3, 3, 81},
    {5, 5, 80},
    {16, 16, 16, 16, 26},
    {48, 17},
    {128, 64},
    {64, 128},
    {160, 32}
  };

  @Test
  void int8WithoutAndWithAdapters() {
    sameBitsForEverySplit(TestModels.tiny(), "model.onnx", "prefill.onnx", 3, 8, 16, 24, 64);
  }

  @Test
  void float32WithoutAndWithAdapters() {
    sameBitsForEverySplit(TestModels.tiny(), "exact.onnx", null, 3, 8, 64);
  }

  @Test
  @Tag("slow")
  void int8OfARealModel() {
    sameBitsForEverySplit(TestModels.smollm2(), "model.onnx", "prefill.onnx", 8, 24);
  }

  private static void sameBitsForEverySplit(
      ModelDirectory directory, String graph, @Nullable String prefillGraph, int... ranks) {
    OrtSettings settings =
        new OrtSettings(
            directory.path().resolve(graph),
            prefillGraph == null ? null : directory.path().resolve(prefillGraph),
            2,
            256,
            2,
            OptionalInt.empty());
    try (OrtModel model = OrtModel.open(settings)) {
      sameBitsForEverySplit(model, V0);
      for (int rank : ranks) {
        Policy policy = new RandomAdapters(directory.config(), rank).version(rank);
        model.stage(policy);
        sameBitsForEverySplit(model, policy);
      }
    }
  }

  private static void sameBitsForEverySplit(OrtModel model, Policy policy) {
    int[] prompt = new Random(3).ints(256, 0, model.vocabularySize()).toArray();
    float[][] whole = new float[prompt.length + 1][];
    for (int[] split : SPLITS) {
      int length = IntStream.of(split).sum();
      if (whole[length] == null) {
        whole[length] = computed(model, policy, prompt, length);
      }
      int differs = Arrays.mismatch(computed(model, policy, prompt, split), whole[length]);
      assertThat(differs)
          .as("first other value of %s in chunks of %s", policy.version(), Arrays.toString(split))
          .isNegative();
    }
  }

  /** KV of all tokens and the last logits of a prompt that is computed in chunks. */
  private static float[] computed(OrtModel model, Policy policy, int[] prompt, int... chunks) {
    model.clearSlot(SLOT);
    int position = 0;
    FloatBuffer logits = FloatBuffer.allocate(0);
    for (int chunk : chunks) {
      int[] tokens = Arrays.copyOfRange(prompt, position, position + chunk);
      logits = model.run(new Batch.Prefill(SLOT, position, tokens, policy, new int[] {chunk - 1}));
      position += chunk;
    }
    ByteBuffer kv = ByteBuffer.allocateDirect(position * model.kvBytesPerToken());
    model.saveKv(SLOT, 0, position, kv.duplicate());
    FloatBuffer keysAndValues = kv.order(ByteOrder.nativeOrder()).asFloatBuffer();
    float[] all = new float[keysAndValues.remaining() + model.vocabularySize()];
    keysAndValues.get(all, 0, keysAndValues.remaining());
    logits.get(0, all, all.length - model.vocabularySize(), model.vocabularySize());
    assertThat(List.of(all[0], all[all.length - 1])).allMatch(Float::isFinite);
    return all;
  }
}
