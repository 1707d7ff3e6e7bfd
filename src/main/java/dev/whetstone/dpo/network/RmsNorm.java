package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import dev.whetstone.dpo.torch.LibtorchBindings;
import dev.whetstone.dpo.torch.TorchOps;
import org.jspecify.annotations.Nullable;

/** Root-mean-square normalisation (Zhang and Sennrich 2019): {@code w x / sqrt(mean(x²) + ε)}. */
final class RmsNorm {
  private final Weight weight;
  private final Scalars scalars;
  private final float offset;

  /** The stored weight to which the offset was added last, and the sum. */
  private @Nullable NDArray stored;

  private @Nullable NDArray sum;

  /**
   * Makes a norm.
   *
   * @param offset added to the stored weight
   */
  RmsNorm(Weight weight, Scalars scalars, double offset) {
    this.weight = weight;
    this.scalars = scalars;
    this.offset = (float) offset;
  }

  private NDArray factors() {
    if (offset == 0) {
      return weight.array();
    }
    if (sum == null || stored != weight.array()) {
      if (sum != null) {
        sum.close();
      }
      stored = weight.array();
      sum = stored.add(offset);
    }
    return sum;
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
    return x.div(rms).muli(factors());
  }

  /** Gradient of x, given that of the result; accumulates that of a trained weight. */
  NDArray backward(NDArray dy, NDArray x, NDArray rms) {
    if (weight.isTrained()) {
      weight.accumulate(dy.mul(x).divi(rms).sum(new int[] {0}));
    }
    // dx = (w dy - x mean(w dy x) / rms²) / rms
    NDArray dx = dy.mul(factors());
    NDArray coefficient = TorchOps.rowSums(dx.mul(x)).muli(scalars.inverseWidth());
    coefficient.divi(rms).divi(rms).divi(rms);
    dx.divi(rms);
    LibtorchBindings.subtractMultiplied(dx, x, coefficient);
    return dx;
  }
}
