package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.torch.TorchOps;
import dev.whetstone.weights.ModelConfig;

/**
 * Constants as tensors, because DJL creates a new tensor for every operation with a number.
 *
 * @param inverseWidth 1 / hidden size
 * @param epsilon of the RMS norms
 */
record Scalars(NDArray inverseWidth, NDArray epsilon) {
  static Scalars of(NDManager manager, ModelConfig config) {
    return new Scalars(
        TorchOps.create(manager, new float[] {(float) (1.0 / config.hiddenSize())}, 1),
        TorchOps.create(manager, new float[] {(float) config.rmsNormEpsilon()}, 1));
  }
}
