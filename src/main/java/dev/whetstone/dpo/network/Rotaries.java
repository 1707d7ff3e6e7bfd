package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDManager;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.Rope;
import dev.whetstone.weights.RotaryFrequencies;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The rotary embeddings of a model's layers, which mostly share one. */
final class Rotaries {
  private record Kind(float[] frequencies, double factor) {}

  private final ModelConfig config;

  /** The different ones in the order of their first use; null where nothing is rotated. */
  private final List<@Nullable Rope> ropes;

  private final List<Kind> kinds;

  Rotaries(ModelConfig config) {
    this.config = config;
    this.ropes =
        IntStream.range(0, config.layers())
            .mapToObj(layer -> config.layer(layer).rope())
            .distinct()
            .toList();
    this.kinds = ropes.stream().map(this::kind).toList();
  }

  private Kind kind(@Nullable Rope rope) {
    return rope == null
        ? new Kind(new float[config.headDim() / 2], 1)
        : new Kind(RotaryFrequencies.of(rope, config.headDim()), rope.attentionFactor());
  }

  /** Which of the tables of {@link #at} a layer uses. */
  int indexOf(int layer) {
    return ropes.indexOf(config.layer(layer).rope());
  }

  /** The tables of all kinds for tokens at given positions. */
  List<Rotary> at(NDManager manager, int[] positions) {
    return kinds.stream()
        .map(kind -> Rotary.of(manager, config, kind.frequencies, kind.factor, positions))
        .toList();
  }
}
