package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.torch.TorchOps;

/**
 * Constants as tensors, because DJL creates a new tensor for every operation with a number.
 *
 * @param inverseWidth 1 / the width of the normed rows
 * @param epsilon of the RMS norms
 */
record Scalars(NDArray inverseWidth, NDArray epsilon) {
  static Scalars of(NDManager manager, int width, double epsilon) {
    return new Scalars(
        TorchOps.create(manager, new float[] {(float) (1.0 / width)}, 1),
        TorchOps.create(manager, new float[] {(float) epsilon}, 1));
  }
}
