package dev.whetstone.training;

/**
 * The trainer's log-probs of one validation pair, in nats, per completion token.
 *
 * @param chosenPolicy {@code [chosen length]}
 * @param chosenReference {@code [chosen length]}
 * @param rejectedPolicy {@code [rejected length]}
 * @param rejectedReference {@code [rejected length]}
 */
public record ValidationScores(
    String preferenceId,
    float[] chosenPolicy,
    float[] chosenReference,
    float[] rejectedPolicy,
    float[] rejectedReference) {
  public ValidationScores {
    if (chosenPolicy.length != chosenReference.length
        || rejectedPolicy.length != rejectedReference.length) {
      throw new IllegalArgumentException(
          "pair " + preferenceId + ": policy and reference have log-probs of different lengths");
    }
  }
}
