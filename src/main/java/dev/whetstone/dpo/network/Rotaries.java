package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDManager;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.Rope;
import dev.whetstone.weights.RotaryFrequencies;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The rotary embeddings of a model's layers, which mostly share one. */
final class Rotaries {
  private record Kind(@Nullable Rope rope, float[] frequencies, double factor) {}

  private final ModelConfig config;
  private final List<Kind> kinds = new ArrayList<>();
  private final int[] kindOfLayer;

  Rotaries(ModelConfig config) {
    this.config = config;
    this.kindOfLayer = new int[config.layers()];
    for (int layer = 0; layer < kindOfLayer.length; layer++) {
      kindOfLayer[layer] = kind(config.layer(layer).rope());
    }
  }

  private int kind(@Nullable Rope rope) {
    for (int i = 0; i < kinds.size(); i++) {
      if (Objects.equals(kinds.get(i).rope, rope)) {
        return i;
      }
    }
    kinds.add(
        rope == null
            ? new Kind(null, new float[config.headDim() / 2], 1)
            : new Kind(rope, RotaryFrequencies.of(rope, config.headDim()), rope.attentionFactor()));
    return kinds.size() - 1;
  }

  /** Which of the tables of {@link #at} a layer uses. */
  int indexOf(int layer) {
    return kindOfLayer[layer];
  }

  /** The tables of all kinds for tokens at given positions. */
  List<Rotary> at(NDManager manager, int[] positions) {
    return kinds.stream()
        .map(kind -> Rotary.of(manager, config, kind.frequencies, kind.factor, positions))
        .toList();
  }
}
