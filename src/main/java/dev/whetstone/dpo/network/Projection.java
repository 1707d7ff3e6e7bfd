package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import dev.whetstone.dpo.torch.TorchOps;
import org.jspecify.annotations.Nullable;

/** The linear layers that share an input, as one product, with their LoRA factors if trained. */
final class Projection {
  /**
   * The result of a forward pass.
   *
   * @param y {@code [tokens, out]}
   * @param loraHidden {@code A x}, {@code [tokens, modules * rank]}; null without LoRA
   */
  record Output(NDArray y, @Nullable NDArray loraHidden) {}

  private final Weight weight;
  private final @Nullable Weight bias;
  private @Nullable LoraFactors lora;

  Projection(Weight weight, @Nullable Weight bias) {
    this.weight = weight;
    this.bias = bias;
  }

  void adapt(LoraFactors factors) {
    this.lora = factors;
  }

  @Nullable LoraFactors lora() {
    return lora;
  }

  /**
   * @param x {@code [tokens, in]}
   * @param residual added to the result, {@code [tokens, out]}
   * @param adapted whether LoRA is applied
   */
  Output forward(NDArray x, @Nullable NDArray residual, boolean adapted) {
    NDArray y = base(x, residual);
    if (lora == null || !adapted) {
      return new Output(y, null);
    }
    return new Output(y, lora.addTo(y, x));
  }

  private NDArray base(NDArray x, @Nullable NDArray residual) {
    if (residual != null) {
      NDArray y = weight.timesTransposed(x, residual);
      return bias == null ? y : y.addi(bias.array());
    }
    return bias == null ? weight.timesTransposed(x) : weight.timesTransposed(x, bias.array());
  }

  /**
   * Gradient of the input, {@code [tokens, in]}; accumulates those of trained values.
   *
   * @param dy gradient of the output
   * @param x the input of the forward pass
   * @param loraHidden {@code A x} from the forward pass
   */
  NDArray backward(NDArray dy, NDArray x, @Nullable NDArray loraHidden) {
    if (weight.isTrained()) {
      weight.accumulate(TorchOps.matmul(TorchOps.transpose(dy), x));
      if (bias != null) {
        bias.accumulate(dy.sum(new int[] {0}));
      }
    }
    NDArray dx = weight.times(dy);
    if (lora != null && loraHidden != null) {
      lora.backward(dx, dy, x, loraHidden);
    }
    return dx;
  }
}
