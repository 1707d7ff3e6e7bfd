package dev.whetstone.weights;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rotary embeddings as config.json describes them: Transformers 5 writes rope_parameters, earlier
 * versions rope_scaling beside rope_theta.
 */
final class HuggingFaceRope {
  private static final double DEFAULT_THETA = 10_000;
  private static final String ORIGINAL = "original_max_position_embeddings";

  private HuggingFaceRope() {}

  /** The rope of a model, or of its layers of a kind where they have different ones. */
  static Rope read(ConfigFields config, String layers) {
    ConfigFields parameters = config.object("rope_parameters");
    if (parameters.object(layers).root().isObject()) {
      parameters = parameters.object(layers);
    }
    ConfigFields rope = parameters.root().isObject() ? parameters : config.object("rope_scaling");
    double theta =
        rope.optionalDecimal("rope_theta")
            .orElse(config.optionalDecimal("rope_theta").orElse(DEFAULT_THETA));
    refusePartial(config);
    refusePartial(rope);
    return new Rope(theta, scaling(config, rope));
  }

  private static void refusePartial(ConfigFields fields) {
    fields.refuseUnless(
        "partial_rotary_factor", fields.optionalDecimal("partial_rotary_factor").orElse(1) == 1);
  }

  private static @Nullable RopeScaling scaling(ConfigFields config, ConfigFields rope) {
    String type = type(rope);
    try {
      return switch (type) {
        // dynamic scaling begins beyond the context that is served
        case "default", "dynamic" -> null;
        case "linear" -> new RopeScaling.Linear(rope.decimal("factor"));
        case "llama3" ->
            new RopeScaling.Llama3(
                rope.decimal("factor"),
                rope.decimal("low_freq_factor"),
                rope.decimal("high_freq_factor"),
                rope.integer(ORIGINAL));
        case "yarn" -> yarn(config, rope);
        case "longrope", "su" -> longRope(config, rope);
        default ->
            throw new ModelFormatException(
                "config.json: rope_type = %s is not served; default, linear, dynamic, llama3, yarn and longrope are"
                    .formatted(type));
      };
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException("config.json: " + e.getMessage(), e);
    }
  }

  private static String type(ConfigFields rope) {
    return rope.text("rope_type", rope.text("type", "default"));
  }

  private static RopeScaling yarn(ConfigFields config, ConfigFields rope) {
    double factor = rope.decimal("factor");
    int original = originalContext(config, rope);
    double mscale = rope.optionalDecimal("mscale").orElse(0);
    double all = rope.optionalDecimal("mscale_all_dim").orElse(0);
    double attention =
        mscale > 0 && all > 0
            ? attentionScale(factor, mscale) / attentionScale(factor, all)
            : attentionScale(factor, 1);
    return new RopeScaling.Yarn(
        factor,
        rope.optionalDecimal("beta_fast").orElse(32),
        rope.optionalDecimal("beta_slow").orElse(1),
        original,
        rope.optionalDecimal("attention_factor").orElse(attention),
        rope.flag("truncate", true));
  }

  private static double attentionScale(double factor, double mscale) {
    return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
  }

  /** The short form: {@link #context} keeps texts within the original context. */
  private static RopeScaling longRope(ConfigFields config, ConfigFields rope) {
    double original = originalContext(config, rope);
    double factor =
        originallyShorter(config, rope)
            ? config.integer("max_position_embeddings") / original
            : rope.optionalDecimal("factor").orElse(1);
    double attention = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    List<Double> divisors = rope.decimals("short_factor");
    if (divisors.isEmpty()) {
      throw new ModelFormatException("config.json: longrope has no short_factor");
    }
    return new RopeScaling.Divisors(
        divisors, rope.optionalDecimal("attention_factor").orElse(attention));
  }

  private static boolean originallyShorter(ConfigFields config, ConfigFields rope) {
    return config.has(ORIGINAL) || rope.has(ORIGINAL);
  }

  private static int originalContext(ConfigFields config, ConfigFields rope) {
    return rope.optionalInteger(ORIGINAL)
        .orElse(config.optionalInteger(ORIGINAL).orElse(config.integer("max_position_embeddings")));
  }

  /** The context that is served: LongRoPE's long form is not. */
  static int context(ConfigFields config) {
    int context = config.integer("max_position_embeddings");
    ConfigFields parameters = config.object("rope_parameters");
    ConfigFields rope = parameters.root().isObject() ? parameters : config.object("rope_scaling");
    String type = type(rope);
    boolean same = rope.decimals("short_factor").equals(rope.decimals("long_factor"));
    return (type.equals("longrope") || type.equals("su")) && !same
        ? Math.min(context, originalContext(config, rope))
        : context;
  }

  /** Writes what {@link #read} reads. */
  static void write(ObjectNode to, Rope rope, int context) {
    to.put("rope_theta", rope.theta());
    switch (rope.scaling()) {
      case null -> to.put("rope_type", "default");
      case RopeScaling.Linear linear ->
          to.put("rope_type", "linear").put("factor", linear.factor());
      case RopeScaling.Llama3 llama3 ->
          to.put("rope_type", "llama3")
              .put("factor", llama3.factor())
              .put("low_freq_factor", llama3.lowFrequencyFactor())
              .put("high_freq_factor", llama3.highFrequencyFactor())
              .put(ORIGINAL, llama3.originalContext());
      case RopeScaling.Yarn yarn ->
          to.put("rope_type", "yarn")
              .put("factor", yarn.factor())
              .put("beta_fast", yarn.fastTurns())
              .put("beta_slow", yarn.slowTurns())
              .put(ORIGINAL, yarn.originalContext())
              .put("attention_factor", yarn.attentionFactor())
              .put("truncate", yarn.truncated());
      case RopeScaling.Divisors divisors -> {
        to.put("rope_type", "longrope").put(ORIGINAL, context);
        to.put("attention_factor", divisors.attentionFactor());
        ArrayNode first = to.putArray("short_factor");
        ArrayNode second = to.putArray("long_factor");
        divisors.divisors().forEach(value -> first.add(value.doubleValue()));
        divisors.divisors().forEach(value -> second.add(value.doubleValue()));
      }
    }
  }
}
