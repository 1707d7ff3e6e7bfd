package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import dev.whetstone.dpo.torch.LibtorchBindings;
import dev.whetstone.dpo.torch.TorchOps;

/** Root-mean-square normalisation (Zhang and Sennrich 2019): {@code w x / sqrt(mean(x²) + ε)}. */
final class RmsNorm {
  private final Weight weight;
  private final Scalars scalars;

  RmsNorm(Weight weight, Scalars scalars) {
    this.weight = weight;
    this.scalars = scalars;
  }

  /** {@code sqrt(mean(x²) + ε)} of each row, {@code [rows, 1]}. */
  NDArray lengths(NDArray x) {
    NDArray norms = TorchOps.rowNorms(x);
    return norms.muli(norms).muli(scalars.inverseWidth()).addi(scalars.epsilon()).sqrt();
  }

  /**
   * @param x {@code [rows, width]}
   * @param lengths its {@link #lengths}
   */
  NDArray forward(NDArray x, NDArray lengths) {
    return x.div(lengths).muli(weight.array());
  }

  /** Gradient of x, given that of the result; that of a trained weight is gathered. */
  NDArray backward(NDArray dy, NDArray x, NDArray lengths) {
    if (weight.trained()) {
      weight.accumulate(dy.mul(x).divi(lengths).sum(new int[] {0}));
    }
    // dx = (w dy - x mean(w dy x) / length²) / length
    NDArray dx = dy.mul(weight.array());
    NDArray pull = TorchOps.rowSums(dx.mul(x)).muli(scalars.inverseWidth());
    pull.divi(lengths).divi(lengths).divi(lengths);
    dx.divi(lengths);
    LibtorchBindings.subtract(dx, x, pull);
    return dx;
  }
}
