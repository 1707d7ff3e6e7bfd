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
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Writes answers to a few prompts at once, each token drawn from the policy's whole distribution.
 * Keys and values of earlier tokens are kept: a step runs the newest tokens alone.
 */
final class Decoder {
  /**
   * One layer's, zero where nothing was written yet.
   *
   * @param keys {@code [slots, prompts * kvHeads, headDim]}, prompts ending in the same slot
   * @param values the same shape
   */
  private record Cache(NDArray keys, NDArray values) {}

  private final Network network;
  private final NDManager manager;
  private final List<int[]> prompts;
  private final int most;
  private final int longest;
  private final int heads;
  private final int kvHeads;
  private final int headDim;
  private final List<Cache> caches = new ArrayList<>();
  private final NDArray mask;

  /**
   * @param manager owns what is kept
   * @param most tokens of an answer
   */
  Decoder(Network network, NDManager manager, List<int[]> prompts, int most) {
    ModelConfig config = network.config();
    this.network = network;
    this.manager = manager;
    this.prompts = List.copyOf(prompts);
    this.most = most;
    this.longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    this.heads = config.heads();
    this.kvHeads = config.kvHeads();
    this.headDim = config.headDim();
    Shape shape = new Shape(longest + most, (long) prompts.size() * kvHeads, headDim);
    network
        .blocks()
        .forEach(_ -> caches.add(new Cache(manager.zeros(shape), manager.zeros(shape))));
    this.mask = mask();
  }

  /** -∞ before a prompt's first slot, {@code [prompts, 1, 1, slots]}. */
  private NDArray mask() {
    int slots = longest + most;
    float[] values = new float[prompts.size() * slots];
    for (int i = 0; i < prompts.size(); i++) {
      int empty = longest - prompts.get(i).length;
      Arrays.fill(values, i * slots, i * slots + empty, Float.NEGATIVE_INFINITY);
    }
    return TorchOps.create(manager, values, prompts.size(), 1, 1, slots);
  }

  /** One answer a prompt, with the token that ended it where one did. */
  List<int[]> sample(RandomGenerator random) {
    List<List<Integer>> answers =
        prompts.stream().<List<Integer>>map(_ -> new ArrayList<>()).toList();
    boolean[] ended = new boolean[prompts.size()];
    float[][] distributions = prompted();
    for (int written = 0; ; written++) {
      int[] newest = new int[ended.length];
      for (int i = 0; i < ended.length; i++) {
        newest[i] = draw(distributions[i], random);
        if (!ended[i]) {
          answers.get(i).add(newest[i]);
          ended[i] = network.config().eosIds().contains(newest[i]);
        }
      }
      if (written + 1 == most || allTrue(ended)) {
        return answers.stream()
            .map(answer -> answer.stream().mapToInt(Integer::intValue).toArray())
            .toList();
      }
      distributions = next(newest, written);
    }
  }

  private static boolean allTrue(boolean[] all) {
    return IntStream.range(0, all.length).allMatch(i -> all[i]);
  }

  private static int draw(float[] probabilities, RandomGenerator random) {
    double left = random.nextDouble();
    int last = 0;
    for (int token = 0; token < probabilities.length; token++) {
      if (probabilities[token] > 0) {
        last = token;
        left -= probabilities[token];
        if (left < 0) {
          break;
        }
      }
    }
    return last;
  }

  /** Runs the prompts; next-token distributions of each. */
  private float[][] prompted() {
    // a completion's last token does not run: these rows are prompts alone
    List<PromptCompletions> rows =
        prompts.stream().map(prompt -> new PromptCompletions(prompt, List.of(new int[1]))).toList();
    try (NDManager scope = manager.newSubManager()) {
      MicroBatch batch = network.batch(scope, rows);
      NDArray slots = promptSlots(scope, batch.layout());
      NDArray x = TorchOps.rows(batch.ids(batch.layout().ids()), network.embedding().array());
      for (int layer = 0; layer < caches.size(); layer++) {
        Cache cache = caches.get(layer);
        Block block = network.blocks().get(layer);
        x =
            output(
                scope,
                x,
                (keeper, input) ->
                    block.forward(
                        keeper,
                        input,
                        Selection.ALL,
                        batch.rotary(),
                        qkv -> {
                          write(cache, qkv, slots);
                          return block.attend(qkv, batch.attention());
                        },
                        true));
      }
      return distributions(TorchOps.gather(x, TorchOps.ids(scope, batch.layout().sources())));
    }
  }

  /** Each slot's token, {@code [longest * prompts]}; before a prompt any, it is masked. */
  private NDArray promptSlots(NDManager scope, Layout layout) {
    int[] tokens = new int[longest * prompts.size()];
    for (int i = 0; i < prompts.size(); i++) {
      int empty = longest - prompts.get(i).length;
      int first = layout.segments().get(i).start();
      for (int slot = 0; slot < longest; slot++) {
        tokens[slot * prompts.size() + i] = first + Math.max(0, slot - empty);
      }
    }
    return TorchOps.ids(scope, tokens);
  }

  private void write(Cache cache, NDArray qkv, NDArray slots) {
    write(cache, TorchOps.gather(qkv, slots), 0);
  }

  /** Writes the keys and values of rows {@code [slots * prompts, width]} from a slot on. */
  private void write(Cache cache, NDArray rows, int slot) {
    long keys = (long) heads * headDim;
    long values = keys + (long) kvHeads * headDim;
    add(cache.keys, TorchOps.slice(rows, 1, keys, values), slot);
    add(cache.values, TorchOps.slice(rows, 1, values, rows.getShape().get(1)), slot);
  }

  private void add(NDArray kept, NDArray columns, int slot) {
    NDArray added = TorchOps.reshape(columns, -1, (long) prompts.size() * kvHeads, headDim);
    // a view of what outlives this step, so it is closed by hand
    try (NDArray place = TorchOps.slice(kept, 0, slot, slot + added.getShape().get(0))) {
      place.addi(added);
    }
  }

  /** Runs the newest token of each answer; next-token distributions. */
  private float[][] next(int[] newest, int written) {
    int slot = longest + written;
    int[] positions = prompts.stream().mapToInt(prompt -> prompt.length + written).toArray();
    try (NDManager scope = manager.newSubManager()) {
      Rotary rotary = network.rotary(scope, positions);
      NDArray x = TorchOps.rows(TorchOps.ids(scope, newest), network.embedding().array());
      for (int layer = 0; layer < caches.size(); layer++) {
        Cache cache = caches.get(layer);
        Block block = network.blocks().get(layer);
        x =
            output(
                scope,
                x,
                (keeper, input) ->
                    block.forward(
                        keeper,
                        input,
                        Selection.ALL,
                        rotary,
                        qkv -> attend(cache, qkv, slot),
                        true));
      }
      return distributions(x);
    }
  }

  private interface Layer {
    Block.Activations of(NDManager keeper, NDArray input);
  }

  private static NDArray output(NDManager scope, NDArray x, Layer layer) {
    try (NDManager keeper = scope.newSubManager()) {
      NDArray y = layer.of(keeper, x).output();
      y.attach(scope);
      return y;
    }
  }

  /** Attention of the newest tokens {@code [prompts, width]} to everything up to their slot. */
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
      NDArray scores = TorchOps.products(q, TorchOps.transpose(upTo(cache.keys, slot)));
      TorchOps.reshape(scores, prompts.size(), heads, 1, -1)
          .addi(TorchOps.slice(mask, 3, 0, slot + 1L));
      NDArray attended = TorchOps.products(TorchOps.softmax(scores), upTo(cache.values, slot));
      NDArray rows = TorchOps.reshape(attended, prompts.size(), -1);
      rows.attach(outer);
      return rows;
    }
  }

  /** {@code [prompts * kvHeads, slots, headDim]} */
  private static NDArray upTo(NDArray kept, int slot) {
    return TorchOps.permute(TorchOps.slice(kept, 0, 0, slot + 1L), 1, 0, 2);
  }

  private float[][] distributions(NDArray x) {
    NDArray hidden = network.norm().forward(x, network.norm().lengths(x));
    NDArray all = TorchOps.softmax(TorchOps.linear(hidden, network.head().weight().array()));
    FloatBuffer values = TorchOps.read(all);
    float[][] distributions = new float[prompts.size()][values.limit() / prompts.size()];
    for (float[] distribution : distributions) {
      values.get(distribution);
    }
    return distributions;
  }
}
