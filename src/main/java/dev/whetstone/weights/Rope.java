package dev.whetstone.weights;

import org.jspecify.annotations.Nullable;

/**
 * A rotary position embedding (Su et al. 2021).
 *
 * @param theta base of the frequencies
 * @param scaling null where the frequencies are not scaled
 */
public record Rope(double theta, @Nullable RopeScaling scaling) {
  /** What cosines and sines are multiplied with, and so queries and keys. */
  public double attentionFactor() {
    return switch (scaling) {
      case null -> 1;
      case RopeScaling.Linear _, RopeScaling.Llama3 _ -> 1;
      case RopeScaling.Yarn yarn -> yarn.attentionFactor();
      case RopeScaling.Divisors divisors -> divisors.attentionFactor();
    };
  }
}
