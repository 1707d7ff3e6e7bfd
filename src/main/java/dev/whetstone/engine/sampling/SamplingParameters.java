package dev.whetstone.engine.sampling;

import static dev.whetstone.settings.Checks.require;

import java.util.Map;

/**
 * How the next token is sampled from the logits; {@link Sampler} gives the order of the settings.
 *
 * @param temperature divisor of the logits; 0 takes the most probable token
 * @param topK keeps the k most probable tokens; 0 keeps all, and so does more than {@link
 *     Sampler#MAX_TOP_K}
 * @param topP keeps the smallest set whose probability reaches p, in (0, 1]
 * @param minP keeps tokens with at least minP times the highest probability, in [0, 1]
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens seen in prompt
 *     or completion; 1 is off
 * @param presencePenalty subtracted from the logit of every token seen in the completion
 * @param frequencyPenalty subtracted once per occurrence in the completion
 * @param logitBias added to the logits, by token id; at most {@link #MAX_BIASES}
 * @param seed of the sequence's random generator
 */
public record SamplingParameters(
    double temperature,
    int topK,
    double topP,
    double minP,
    double repetitionPenalty,
    double presencePenalty,
    double frequencyPenalty,
    Map<Integer, Double> logitBias,
    long seed) {

  /** Most tokens with a bias: each costs time at every step, of which all requests wait. */
  public static final int MAX_BIASES = 300;

  // The reciprocal of much less is infinite, and so are the scaled logits.
  private static final double MIN_TEMPERATURE = 1e-5;

  public SamplingParameters {
    require(
        temperature == 0 || (temperature >= MIN_TEMPERATURE && temperature <= 100),
        "temperature must be 0 or in [0.00001, 100]");
    require(topK >= 0, "top_k must not be negative");
    require(topP > 0 && topP <= 1, "top_p must be in (0, 1]");
    require(minP >= 0 && minP <= 1, "min_p must be in [0, 1]");
    require(
        repetitionPenalty > 0 && repetitionPenalty <= 10, "repetition_penalty must be in (0, 10]");
    require(Math.abs(presencePenalty) <= 10, "presence_penalty must be in [-10, 10]");
    require(Math.abs(frequencyPenalty) <= 10, "frequency_penalty must be in [-10, 10]");
    require(
        logitBias.size() <= MAX_BIASES, "logit_bias must have at most " + MAX_BIASES + " tokens");
    logitBias = Map.copyOf(logitBias);
    require(
        logitBias.values().stream().allMatch(b -> Math.abs(b) <= 100),
        "logit_bias must be in [-100, 100]");
  }

  /** The most probable token at every step. */
  public static SamplingParameters greedy() {
    return new SamplingParameters(0, 0, 1, 0, 1, 0, 0, Map.of(), 0);
  }

  /** Plain sampling at a temperature. */
  public static SamplingParameters of(double temperature, long seed) {
    return new SamplingParameters(temperature, 0, 1, 0, 1, 0, 0, Map.of(), seed);
  }

  /** The same parameters with another seed. */
  public SamplingParameters withSeed(long other) {
    return new SamplingParameters(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        logitBias,
        other);
  }
}
