package dev.whetstone.rollout.duel;

import static dev.whetstone.settings.Checks.require;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Counts of what one arm of a duel did, summed over gateways. The JSON names are part of the API.
 *
 * @param completions number that ended or failed
 * @param empty how many of them have no text
 * @param truncated how many of them were cut off at the token limit
 * @param errors how many of them failed
 * @param tokens sampled in total
 * @param seconds from the first text to the end of each completion, in total
 * @param tokenSquares sum of the squares of each completion's tokens
 * @param pace of the completions with more than one token
 */
public record ArmMetrics(
    long completions,
    long empty,
    @JsonProperty("unended") long truncated,
    long errors,
    long tokens,
    double seconds,
    @JsonIgnore double tokenSquares,
    @JsonIgnore Pace pace) {
  public static final ArmMetrics NONE = new ArmMetrics(0, 0, 0, 0, 0, 0, 0, Pace.NONE);

  /** The logarithms of the seconds a token took: how many, their sum and that of their squares. */
  public record Pace(long count, double sum, double squares) {
    public static final Pace NONE = new Pace(0, 0, 0);

    Pace plus(Pace other) {
      return new Pace(count + other.count, sum + other.sum, squares + other.squares);
    }
  }

  public ArmMetrics {
    require(
        empty >= 0 && truncated >= 0 && errors >= 0 && tokens >= 0 && seconds >= 0,
        "a count is negative");
    require(
        Math.max(empty, Math.max(truncated, errors)) <= completions,
        "a kind of completions exceeds their number");
  }

  /** The sum of both. */
  public ArmMetrics plus(ArmMetrics other) {
    return new ArmMetrics(
        completions + other.completions,
        empty + other.empty,
        truncated + other.truncated,
        errors + other.errors,
        tokens + other.tokens,
        seconds + other.seconds,
        tokenSquares + other.tokenSquares,
        pace.plus(other.pace));
  }

  /** Mean length of a completion, in tokens. */
  Moments length() {
    return new Moments(completions, tokens, tokenSquares);
  }

  /** Mean logarithm of the seconds a token takes. */
  Moments logPace() {
    return new Moments(pace.count, pace.sum, pace.squares);
  }

  /** A mean by its sums. */
  record Moments(long count, double sum, double squares) {
    double mean() {
      return count == 0 ? 0 : sum / count;
    }

    /** Of the mean; infinite with fewer than two values, or where squares were not counted. */
    double standardError() {
      double variance = count < 2 ? -1 : (squares - sum * sum / count) / (count - 1);
      return variance < 0 ? Double.POSITIVE_INFINITY : Math.sqrt(variance / count);
    }
  }
}
