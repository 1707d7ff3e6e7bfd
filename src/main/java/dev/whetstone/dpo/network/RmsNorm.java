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
  NDArray rms(NDArray x) {
    NDArray norms = TorchOps.rowNorms(x);
    return norms.muli(norms).muli(scalars.inverseWidth()).addi(scalars.epsilon()).sqrt();
  }

  /**
   * @param x {@code [rows, width]}
   * @param rms its {@link #rms}
   */
  NDArray forward(NDArray x, NDArray rms) {
    return x.div(rms).muli(weight.array());
  }

  /** Gradient of x, given that of the result; accumulates that of a trained weight. */
  NDArray backward(NDArray dy, NDArray x, NDArray rms) {
    if (weight.isTrained()) {
      weight.accumulate(dy.mul(x).divi(rms).sum(new int[] {0}));
    }
    // dx = (w dy - x mean(w dy x) / rms²) / rms
    NDArray dx = dy.mul(weight.array());
    NDArray coefficient = TorchOps.rowSums(dx.mul(x)).muli(scalars.inverseWidth());
    coefficient.divi(rms).divi(rms).divi(rms);
    dx.divi(rms);
    LibtorchBindings.subtractMultiplied(dx, x, coefficient);
    return dx;
  }
}
