package dev.whetstone.onnx.quantization;

import dev.whetstone.lora.LoraTarget;
import java.util.Map;
import java.util.Optional;

/**
 * The largest absolute values of the inputs of linear layers, per channel, on a calibration text.
 *
 * @param maxAbs {@code [in]} by {@link LoraTarget#nodePrefix}
 */
public record ActivationRanges(Map<String, float[]> maxAbs) {
  /** No ranges: activations are quantised per block at run time. */
  public static final ActivationRanges UNKNOWN = new ActivationRanges(Map.of());

  public ActivationRanges {
    maxAbs = Map.copyOf(maxAbs);
  }

  public Optional<float[]> of(LoraTarget site, int layer) {
    return Optional.ofNullable(maxAbs.get(site.nodePrefix(layer)));
  }
}
