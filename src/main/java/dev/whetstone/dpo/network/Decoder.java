package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.whetstone.dpo.torch.TorchOps;
import dev.whetstone.weights.ModelConfig;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Samples completions for a few prompts at once, each token from the policy's whole distribution. A
 * key/value cache holds earlier tokens, so that a decode step runs only the newest token of each
 * prompt. Prompts are padded on the left: all of them end in the same slot of the cache.
 */
final class Decoder {
  /**
   * One layer's keys and values, zero in slots that are not written yet.
   *
   * @param keys {@code [slots, prompts * kvHeads, headDim]}
   * @param values the same shape
   * @param window the last tokens that a token attends to; 0 for all
   */
  private record Cache(NDArray keys, NDArray values, int window) {}

  private final Network network;
  private final NDManager manager;
  private final List<int[]> prompts;
  private final int maxTokens;
  private final double temperature;
  private final int maxPromptLength;
  private final int heads;
  private final int kvHeads;
  private final int headDim;
  private final float attentionCap;
  private final List<Cache> caches = new ArrayList<>();
  private final NDArray mask;

  /**
   * @param manager owns the caches and the mask
   * @param maxTokens of a completion
   */
  Decoder(
      Network network, NDManager manager, List<int[]> prompts, int maxTokens, double temperature) {
    ModelConfig config = network.config();
    this.network = network;
    this.manager = manager;
    this.prompts = List.copyOf(prompts);
    this.maxTokens = maxTokens;
    this.temperature = temperature;
    this.maxPromptLength = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    this.heads = config.heads();
    this.kvHeads = config.kvHeads();
    this.headDim = config.headDim();
    this.attentionCap = (float) config.design().attentionCap();
    Shape shape = new Shape(maxPromptLength + maxTokens, (long) prompts.size() * kvHeads, headDim);
    for (int layer = 0; layer < config.layers(); layer++) {
      caches.add(
          new Cache(manager.zeros(shape), manager.zeros(shape), config.layer(layer).window()));
    }
    this.mask = mask();
  }

  /** -∞ in the slots before a prompt's first token, {@code [prompts, 1, 1, slots]}. */
  private NDArray mask() {
    int slots = maxPromptLength + maxTokens;
    float[] values = new float[prompts.size() * slots];
    for (int i = 0; i < prompts.size(); i++) {
      int padding = maxPromptLength - prompts.get(i).length;
      Arrays.fill(values, i * slots, i * slots + padding, Float.NEGATIVE_INFINITY);
    }
    return TorchOps.create(manager, values, prompts.size(), 1, 1, slots);
  }

  /** One completion a prompt, with its end token unless {@code maxTokens} cut it off. */
  List<int[]> sample(RandomGenerator random) {
    List<List<Integer>> completions =
        prompts.stream().<List<Integer>>map(_ -> new ArrayList<>()).toList();
    boolean[] finished = new boolean[prompts.size()];
    float[][] distributions = prefill();
    for (int written = 0; ; written++) {
      int[] newest = new int[finished.length];
      for (int i = 0; i < finished.length; i++) {
        newest[i] = sampleToken(distributions[i], random);
        if (!finished[i]) {
          completions.get(i).add(newest[i]);
          finished[i] = network.config().eosIds().contains(newest[i]);
        }
      }
      if (written + 1 == maxTokens || allTrue(finished)) {
        return completions.stream()
            .map(completion -> completion.stream().mapToInt(Integer::intValue).toArray())
            .toList();
      }
      distributions = decode(newest, written);
    }
  }

  private static boolean allTrue(boolean[] all) {
    return IntStream.range(0, all.length).allMatch(i -> all[i]);
  }

  private static int sampleToken(float[] probabilities, RandomGenerator random) {
    double remaining = random.nextDouble();
    int last = 0;
    for (int token = 0; token < probabilities.length; token++) {
      if (probabilities[token] > 0) {
        last = token;
        remaining -= probabilities[token];
        if (remaining < 0) {
          break;
        }
      }
    }
    return last;
  }

  /** Runs the prompts; next-token distributions, {@code [prompts][vocabulary]}. */
  private float[][] prefill() {
    // a completion's last token is never run, so that a completion of one token adds none
    List<PromptCompletions> rows =
        prompts.stream().map(prompt -> new PromptCompletions(prompt, List.of(new int[1]))).toList();
    try (NDManager scope = manager.newSubManager()) {
      MicroBatch batch = network.microBatch(scope, rows);
      NDArray slots = promptSlots(scope, batch.layout());
      NDArray x =
          forward(
              scope,
              batch.layout().ids(),
              batch.rotaries(),
              (block, cache, qkv) -> {
                write(cache, TorchOps.indexSelect(qkv, slots), 0);
                return block.attend(qkv, batch.attention());
              });
      return distributions(TorchOps.indexSelect(x, TorchOps.ids(scope, batch.layout().sources())));
    }
  }

  /** The token of each slot, {@code [slots * prompts]}; any token in padding, which is masked. */
  private NDArray promptSlots(NDManager scope, Layout layout) {
    int[] tokens = new int[maxPromptLength * prompts.size()];
    for (int i = 0; i < prompts.size(); i++) {
      int padding = maxPromptLength - prompts.get(i).length;
      int first = layout.segments().get(i).start();
      for (int slot = 0; slot < maxPromptLength; slot++) {
        tokens[slot * prompts.size() + i] = first + Math.max(0, slot - padding);
      }
    }
    return TorchOps.ids(scope, tokens);
  }

  /** Writes the keys and values of {@code [slots * prompts, width]}, beginning at a slot. */
  private void write(Cache cache, NDArray rows, int slot) {
    long keys = (long) heads * headDim;
    long values = keys + (long) kvHeads * headDim;
    copy(cache.keys, TorchOps.slice(rows, 1, keys, values), slot);
    copy(cache.values, TorchOps.slice(rows, 1, values, rows.getShape().get(1)), slot);
  }

  private void copy(NDArray cached, NDArray columns, int slot) {
    NDArray added = TorchOps.reshape(columns, -1, (long) prompts.size() * kvHeads, headDim);
    // the view belongs to the cache's manager, which outlives this step: close it here
    try (NDArray unwritten = TorchOps.slice(cached, 0, slot, slot + added.getShape().get(0))) {
      unwritten.addi(added);
    }
  }

  /** Runs the newest token of each completion; next-token distributions as in prefill. */
  private float[][] decode(int[] newest, int written) {
    int slot = maxPromptLength + written;
    int[] positions = prompts.stream().mapToInt(prompt -> prompt.length + written).toArray();
    try (NDManager scope = manager.newSubManager()) {
      List<Rotary> rotaries = network.rotaries(scope, positions);
      return distributions(
          forward(scope, newest, rotaries, (block, cache, qkv) -> attend(cache, qkv, slot)));
    }
  }

  private interface Attention {
    NDArray attend(Block block, Cache cache, NDArray qkv);
  }

  /** Runs tokens through all blocks; keeps only the output, {@code [tokens, hidden]}. */
  private NDArray forward(NDManager scope, int[] ids, List<Rotary> rotaries, Attention attention) {
    NDArray x = network.embedded(scope, ids);
    for (int layer = 0; layer < caches.size(); layer++) {
      Cache cache = caches.get(layer);
      Block block = network.blocks().get(layer);
      UnaryOperator<NDArray> attend = qkv -> attention.attend(block, cache, qkv);
      try (NDManager owner = scope.newSubManager()) {
        x = block.forward(owner, x, Selection.ALL, rotaries, attend, true).output();
        x.attach(scope);
      }
    }
    return x;
  }

  /** Attention of the newest tokens {@code [prompts, width]} to all slots up to their own. */
  private NDArray attend(Cache cache, NDArray qkv, int slot) {
    write(cache, qkv, slot);
    NDManager outer = qkv.getManager();
    try (NDManager scope = outer.newSubManager()) {
      cache.keys.tempAttach(scope);
      cache.values.tempAttach(scope);
      mask.tempAttach(scope);
      qkv.tempAttach(scope);
      NDArray q =
          TorchOps.reshape(
              TorchOps.slice(qkv, 1, 0, (long) heads * headDim),
              (long) prompts.size() * kvHeads,
              -1,
              headDim);
      int first = cache.window == 0 ? 0 : Math.max(0, slot + 1 - cache.window);
      NDArray keys = upTo(cache.keys, first, slot);
      NDArray scores =
          SoftCap.apply(TorchOps.batchMatmul(q, TorchOps.transpose(keys)), attentionCap);
      TorchOps.reshape(scores, prompts.size(), heads, 1, -1)
          .addi(TorchOps.slice(mask, 3, first, slot + 1L));
      NDArray attended =
          TorchOps.batchMatmul(TorchOps.softmax(scores), upTo(cache.values, first, slot));
      NDArray rows = TorchOps.reshape(attended, prompts.size(), -1);
      rows.attach(outer);
      return rows;
    }
  }

  /** {@code [prompts * kvHeads, slots, headDim]} */
  private static NDArray upTo(NDArray cached, int first, int slot) {
    return TorchOps.permute(TorchOps.slice(cached, 0, first, slot + 1L), 1, 0, 2);
  }

  private float[][] distributions(NDArray x) {
    NDArray logits = network.head().logits(network.headInput(x));
    if (temperature != 1) {
      logits.divi(temperature);
    }
    NDArray probabilities = TorchOps.softmax(logits);
    FloatBuffer values = TorchOps.read(probabilities);
    float[][] distributions = new float[prompts.size()][values.limit() / prompts.size()];
    for (float[] distribution : distributions) {
      values.get(distribution);
    }
    return distributions;
  }
}
