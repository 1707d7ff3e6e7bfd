package dev.whetstone.onnx.quantization;

import dev.whetstone.lora.LoraTarget;
import java.util.Map;
import java.util.Optional;

/**
 * How large the inputs of linear layers become, channel by channel, on a calibration text.
 *
 * @param largest absolute values {@code [in]} by {@link LoraTarget#node}
 */
public record ActivationRanges(Map<String, float[]> maxAbs) {
  /** Nothing is known: activations are quantised block by block at run time. */
  public static final ActivationRanges UNKNOWN = new ActivationRanges(Map.of());

  public ActivationRanges {
    maxAbs = Map.copyOf(maxAbs);
  }

  public Optional<float[]> of(LoraTarget site, int layer) {
    return Optional.ofNullable(maxAbs.get(site.node(layer)));
  }
}
