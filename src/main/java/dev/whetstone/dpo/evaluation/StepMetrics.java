package dev.whetstone.dpo.evaluation;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One line of metrics.jsonl.
 *
 * @param step from 1
 * @param epoch passes over the training pairs so far, as a fraction
 * @param train metrics of the pairs of this step's batch, before the update; null without pairs
 * @param ratings metrics of its ratings; null without ratings
 * @param tokens token metrics of the same batch
 * @param gradNorm global L2 norm of the gradient before clipping
 * @param learningRate of this step's update
 * @param numTokens real tokens since the run began, each pair's prompt counted twice as TRL does
 * @param validation metrics of the validation pairs after this step's update; null when it made no
 *     evaluation
 * @param seconds that the step took, with its evaluation
 */
public record StepMetrics(
    int step,
    double epoch,
    @Nullable PreferenceMetrics train,
    @Nullable RatingMetrics ratings,
    TokenMetrics tokens,
    double gradNorm,
    double learningRate,
    long numTokens,
    @Nullable PreferenceMetrics validation,
    double seconds) {

  /** The loss of the whole batch. */
  public double loss() {
    return (train == null ? 0 : train.loss()) + (ratings == null ? 0 : ratings.loss());
  }

  /**
   * The metrics by TRL's names; beside pairs, those of ratings begin with {@code kto_}, and those
   * of validation pairs begin with {@code eval_}.
   */
  public Map<String, Object> toMap() {
    Map<String, Object> named = new LinkedHashMap<>();
    named.put("step", step);
    named.put("epoch", epoch);
    named.put("loss", loss());
    if (train != null) {
      named.putAll(train.toMap());
      named.put("loss", loss());
      named.put("entropy", tokens.meanEntropy());
      named.put("mean_token_accuracy", tokens.meanAccuracy());
    }
    if (ratings != null) {
      String prefix = train == null ? "" : "kto_";
      ratings.toMap().forEach((name, value) -> named.put(prefix + name, value));
    }
    named.put("grad_norm", gradNorm);
    named.put("learning_rate", learningRate);
    named.put("num_tokens", numTokens);
    if (validation != null) {
      validation.toMap().forEach((name, value) -> named.put("eval_" + name, value));
    }
    named.put("step_time", seconds);
    return named;
  }
}
