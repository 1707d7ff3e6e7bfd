package dev.whetstone.gateway.state;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.function.DoublePredicate;
import org.jboss.logging.Logger;

/**
 * How a model's authors recommend to sample from it; a field is empty where they say nothing. A
 * request's own settings come first.
 */
public record RecommendedSampling(
    Optional<Double> temperature,
    Optional<Double> topP,
    Optional<Integer> topK,
    Optional<Double> minP,
    Optional<Double> repetitionPenalty) {
  private static final Logger LOG = Logger.getLogger(RecommendedSampling.class);

  /**
   * Reads an object with the field names of Hugging Face's {@code generation_config.json}. {@code
   * "do_sample": false} means the most probable token, which is temperature 0; {@code top_k} of 0
   * or -1 keeps all tokens. A value that no sampler takes is logged and left out.
   *
   * @param source named in the log
   */
  public static RecommendedSampling of(JsonNode settings, String source) {
    boolean greedy =
        settings.path("do_sample").isBoolean() && !settings.path("do_sample").asBoolean();
    return new RecommendedSampling(
        greedy
            ? Optional.of(0.0)
            : number(settings, "temperature", t -> t >= 0 && t <= 100, source),
        number(settings, "top_p", p -> p > 0 && p <= 1, source),
        number(settings, "top_k", k -> k >= -1 && k == Math.rint(k), source)
            .map(k -> Math.max(0, k.intValue())),
        number(settings, "min_p", p -> p >= 0 && p <= 1, source),
        number(settings, "repetition_penalty", p -> p > 0 && p <= 10, source));
  }

  /** These recommendations, and for a field that is empty another's. */
  public RecommendedSampling or(RecommendedSampling other) {
    return new RecommendedSampling(
        temperature.or(other::temperature),
        topP.or(other::topP),
        topK.or(other::topK),
        minP.or(other::minP),
        repetitionPenalty.or(other::repetitionPenalty));
  }

  private static Optional<Double> number(
      JsonNode settings, String name, DoublePredicate usable, String source) {
    JsonNode value = settings.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isNumber() || !usable.test(value.asDouble())) {
      LOG.warnf("%s recommends %s %s, which no sampler takes: it is ignored", source, name, value);
      return Optional.empty();
    }
    return Optional.of(value.asDouble());
  }
}
