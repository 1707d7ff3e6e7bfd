package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.torch.LibtorchBindings;
import dev.whetstone.dpo.torch.TorchOps;
import dev.whetstone.weights.ModelConfig;

/**
 * Rotary position embedding (Su et al. 2021) of the queries and keys of a micro-batch's tokens,
 * with the halves of a head paired as in Hugging Face's Llama. Queries get the scale of attention
 * in the same step. A head's halves (x, y) become (x cos - y sin, y cos + x sin): the halves times
 * cosines, plus the swapped halves times signed sines.
 *
 * @param cosines {@code [tokens, (heads + kvHeads) * headDim]}
 * @param sines the same shape, negative for first halves
 * @param otherHalves row of each half's other half, {@code [tokens * (heads + kvHeads) * 2]}
 */
record Rotary(NDArray cosines, NDArray sines, NDArray otherHalves) {
  /**
   * Makes the tables for tokens at given positions.
   *
   * @param frequencies zeros where nothing is rotated
   * @param factor of all cosines and sines
   */
  static Rotary of(
      NDManager manager, ModelConfig config, float[] frequencies, double factor, int[] positions) {
    int half = frequencies.length;
    int rotatedHeads = config.heads() + config.kvHeads();
    int halves = 2 * (rotatedHeads + config.kvHeads());
    float scale = (float) config.attentionScale();
    float[] cosines = new float[positions.length * rotatedHeads * 2 * half];
    float[] sines = new float[cosines.length];
    int[] otherHalves = new int[positions.length * rotatedHeads * 2];
    for (int token = 0; token < positions.length; token++) {
      for (int i = 0; i < half; i++) {
        float angle = positions[token] * frequencies[i];
        float cosine = (float) factor * (float) Math.cos(angle);
        float sine = (float) factor * (float) Math.sin(angle);
        for (int head = 0; head < rotatedHeads; head++) {
          float scaled = head < config.heads() ? scale : 1;
          int at = (token * rotatedHeads + head) * 2 * half + i;
          cosines[at] = scaled * cosine;
          cosines[at + half] = scaled * cosine;
          sines[at] = -scaled * sine;
          sines[at + half] = scaled * sine;
        }
      }
      for (int row = 0; row < 2 * rotatedHeads; row++) {
        otherHalves[token * 2 * rotatedHeads + row] = token * halves + (row ^ 1);
      }
    }
    long[] shape = {positions.length, 2L * rotatedHeads * half};
    return new Rotary(
        TorchOps.create(manager, cosines, shape),
        TorchOps.create(manager, sines, shape),
        TorchOps.ids(manager, otherHalves));
  }

  /** Rotates the queries and keys of {@code [tokens, (heads + 2 kvHeads) * headDim]} in place. */
  void rotate(NDArray qkv) {
    NDArray others = otherHalves(qkv);
    LibtorchBindings.addMultiplied(queriesAndKeys(qkv).muli(cosines), others, sines);
  }

  /** Replaces the gradient of the rotated qkv by that of the qkv before rotation. */
  void rotateBack(NDArray qkv) {
    NDArray others = otherHalves(qkv);
    LibtorchBindings.subtractMultiplied(queriesAndKeys(qkv).muli(cosines), others, sines);
  }

  private NDArray queriesAndKeys(NDArray qkv) {
    return TorchOps.slice(qkv, 1, 0, cosines.getShape().get(1));
  }

  private NDArray otherHalves(NDArray qkv) {
    long rows = otherHalves.getShape().get(0);
    long tokens = cosines.getShape().get(0);
    long half = cosines.getShape().get(1) * tokens / rows;
    NDArray halves = TorchOps.reshape(qkv, -1, half);
    return TorchOps.reshape(TorchOps.indexSelect(halves, otherHalves), tokens, -1);
  }
}
