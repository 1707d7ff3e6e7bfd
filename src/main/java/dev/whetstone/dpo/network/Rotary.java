package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.torch.LibtorchBindings;
import dev.whetstone.dpo.torch.TorchOps;
import dev.whetstone.weights.ModelConfig;

/**
 * Rotary position embedding (Su et al. 2021) of the queries and keys of a micro-batch's tokens,
 * halves as in Hugging Face's Llama; queries are scaled by 1 / sqrt(head size) on the way. A head's
 * halves (x, y) become (x cos - y sin, y cos + x sin): themselves times cosines, and exchanged
 * times sines of two signs.
 *
 * @param cosines {@code [tokens, (heads + kvHeads) * headDim]}
 * @param sines the same shape, negative for first halves
 * @param exchanged rows of the other halves, {@code [tokens * (heads + kvHeads) * 2]}
 */
record Rotary(NDArray cosines, NDArray sines, NDArray exchanged) {
  static Rotary of(NDManager manager, ModelConfig config, float[] frequencies, int[] positions) {
    int half = frequencies.length;
    int turning = config.heads() + config.kvHeads();
    int halves = 2 * (turning + config.kvHeads());
    float scale = (float) (1 / Math.sqrt(config.headDim()));
    float[] cosines = new float[positions.length * turning * 2 * half];
    float[] sines = new float[cosines.length];
    int[] exchanged = new int[positions.length * turning * 2];
    for (int token = 0; token < positions.length; token++) {
      for (int i = 0; i < half; i++) {
        float angle = positions[token] * frequencies[i];
        float cosine = (float) Math.cos(angle);
        float sine = (float) Math.sin(angle);
        for (int head = 0; head < turning; head++) {
          float length = head < config.heads() ? scale : 1;
          int at = (token * turning + head) * 2 * half + i;
          cosines[at] = length * cosine;
          cosines[at + half] = length * cosine;
          sines[at] = -length * sine;
          sines[at + half] = length * sine;
        }
      }
      for (int row = 0; row < 2 * turning; row++) {
        exchanged[token * 2 * turning + row] = token * halves + (row ^ 1);
      }
    }
    long[] shape = {positions.length, 2L * turning * half};
    return new Rotary(
        TorchOps.create(manager, cosines, shape),
        TorchOps.create(manager, sines, shape),
        TorchOps.ids(manager, exchanged));
  }

  /** Turns the first columns of {@code [tokens, (heads + 2 kvHeads) * headDim]} in place. */
  void turn(NDArray qkv) {
    NDArray others = exchanged(qkv);
    LibtorchBindings.add(turning(qkv).muli(cosines), others, sines);
  }

  /** The gradient before a turn, in place of the one after it. */
  void turnBack(NDArray qkv) {
    NDArray others = exchanged(qkv);
    LibtorchBindings.subtract(turning(qkv).muli(cosines), others, sines);
  }

  private NDArray turning(NDArray qkv) {
    return TorchOps.slice(qkv, 1, 0, cosines.getShape().get(1));
  }

  private NDArray exchanged(NDArray qkv) {
    long rows = exchanged.getShape().get(0);
    long tokens = cosines.getShape().get(0);
    long half = cosines.getShape().get(1) * tokens / rows;
    NDArray halves = TorchOps.reshape(qkv, -1, half);
    return TorchOps.reshape(TorchOps.gather(halves, exchanged), tokens, -1);
  }
}
