package dev.whetstone.testing;

import dev.whetstone.engine.ort.OrtModel;
import dev.whetstone.engine.ort.OrtSettings;
import dev.whetstone.engine.runner.Batch;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.policy.Policy;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** An exported graph run without the engine, for comparison with other programs' numbers. */
public final class ForwardRun implements AutoCloseable {
  private static final Policy V0 = new Policy("v0", "", null);

  private final OrtModel model;
  private final int slots;

  private ForwardRun(OrtModel model, int slots) {
    this.model = model;
    this.slots = slots;
  }

  /** Opens a graph with slots of so many tokens. */
  public static ForwardRun open(Path graph, int slots, int slotLength) {
    return new ForwardRun(
        OrtModel.open(new OrtSettings(graph, null, slots, slotLength, 2, OptionalInt.empty())),
        slots);
  }

  /**
   * Logits after a prompt's last token, computed alone and then in batches of 2 to all slots, in
   * which the other rows have other tokens and lengths.
   */
  public List<float[]> sameRowInBatches(int[] prompt) {
    int last = prompt.length - 1;
    int[] before = IntStream.of(prompt).limit(last).toArray();
    model.run(new Batch.Prefill(0, 0, before, V0, new int[0]));
    List<float[]> observed = new ArrayList<>();
    for (int rows = 1; rows <= slots; rows++) {
      for (int slot = 1; slot < rows; slot++) {
        model.copySlot(0, slot, last);
      }
      observed.add(row(model.run(decode(rows, prompt[last], last)), 0));
    }
    return observed;
  }

  private static Batch.Decode decode(int rows, int token, int computedTokens) {
    return new Batch.Decode(
        IntStream.range(0, rows).map(i -> token + i).toArray(),
        IntStream.range(0, rows).map(i -> computedTokens - i).toArray(),
        IntStream.range(0, rows).mapToObj(i -> V0).toList());
  }

  /** Log-probs of a completion's tokens after a prompt. */
  public double[] score(int[] prompt, int[] completion) {
    return score(prompt, completion, V0);
  }

  /** The same with an adapter. */
  public double[] score(int[] prompt, int[] completion, LoraAdapter adapter) {
    Policy policy = new Policy("v1", PeftFiles.hash(adapter), adapter);
    model.stage(policy);
    try {
      return score(prompt, completion, policy);
    } finally {
      model.release(policy);
    }
  }

  private double[] score(int[] prompt, int[] completion, Policy policy) {
    int[] all = IntStream.concat(IntStream.of(prompt), IntStream.of(completion)).toArray();
    int[] rows = IntStream.range(prompt.length - 1, all.length - 1).toArray();
    FloatBuffer logits = model.run(new Batch.Prefill(0, 0, all, policy, rows));
    double[] logps = new double[completion.length];
    for (int i = 0; i < logps.length; i++) {
      float[] row = row(logits, i);
      double largest = row[argmax(row)];
      double sum = 0;
      for (float logit : row) {
        sum += Math.exp(logit - largest);
      }
      logps[i] = row[completion[i]] - largest - Math.log(sum);
    }
    return logps;
  }

  /** So many tokens, each the likeliest after those before it. */
  public int[] greedy(int[] prompt, int length) {
    int[] written = new int[length];
    FloatBuffer logits =
        model.run(new Batch.Prefill(0, 0, prompt, V0, new int[] {prompt.length - 1}));
    for (int i = 0; i < length; i++) {
      written[i] = argmax(row(logits, 0));
      if (i + 1 < length) {
        logits =
            model.run(
                new Batch.Decode(
                    new int[] {written[i]}, new int[] {prompt.length + i}, List.of(V0)));
      }
    }
    return written;
  }

  private float[] row(FloatBuffer logits, int index) {
    float[] row = new float[model.vocabularySize()];
    logits.get(index * row.length, row);
    return row;
  }

  private static int argmax(float[] row) {
    return IntStream.range(0, row.length).reduce((a, b) -> row[b] > row[a] ? b : a).orElseThrow();
  }

  @Override
  public void close() {
    model.close();
  }
}
