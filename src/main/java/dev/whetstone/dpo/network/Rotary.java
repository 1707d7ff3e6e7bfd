package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * Rotary position embedding (Su et al. 2021) of a micro-batch's tokens, halves as in Hugging Face's
 * Llama.
 *
 * @param cosines {@code [tokens, 1, headDim / 2]}
 * @param sines the same shape
 */
record Rotary(NDArray cosines, NDArray sines) {
  static Rotary of(NDManager manager, float[] frequencies, int[] positions) {
    float[] cosines = new float[positions.length * frequencies.length];
    float[] sines = new float[cosines.length];
    for (int token = 0; token < positions.length; token++) {
      for (int i = 0; i < frequencies.length; i++) {
        float angle = positions[token] * frequencies[i];
        cosines[token * frequencies.length + i] = (float) Math.cos(angle);
        sines[token * frequencies.length + i] = (float) Math.sin(angle);
      }
    }
    long[] shape = {positions.length, 1, frequencies.length};
    return new Rotary(Torch.create(manager, cosines, shape), Torch.create(manager, sines, shape));
  }

  /** Turns {@code [tokens, heads, headDim]} in place. */
  void turn(NDArray heads) {
    rotate(heads, true);
  }

  /** Turns back in place, which is also the gradient's way. */
  void turnBack(NDArray heads) {
    rotate(heads, false);
  }

  private void rotate(NDArray heads, boolean forward) {
    long half = cosines.getShape().get(2);
    NDArray x = Torch.slice(heads, 2, 0, half);
    NDArray y = Torch.slice(heads, 2, half, 2 * half);
    NDArray xSin = x.mul(sines);
    NDArray ySin = y.mul(sines);
    x.muli(cosines);
    y.muli(cosines);
    if (forward) {
      x.subi(ySin);
      y.addi(xSin);
    } else {
      x.addi(ySin);
      y.subi(xSin);
    }
  }
}
