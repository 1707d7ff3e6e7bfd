package dev.whetstone.lora;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/**
 * The settings of PEFT's adapter_config.json that serving uses.
 *
 * @param alpha the product {@code B A x} is scaled by {@code alpha / rank}
 * @param rankStabilised whether it is scaled by {@code alpha / sqrt(rank)} instead
 * @param ranks of modules that differ, by a regular expression for the end of their names
 * @param alphas of modules that differ, likewise
 * @param saves whether whole modules are stored beside the factors
 */
record PeftConfig(
    int rank,
    double alpha,
    boolean rankStabilised,
    Map<String, Double> ranks,
    Map<String, Double> alphas,
    boolean saves) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> MUST_BE_FALSE =
      List.of("use_dora", "lora_bias", "use_qalora", "fan_in_fan_out");
  private static final String SAVED = "modules_to_save";
  private static final List<String> MUST_BE_EMPTY =
      List.of(
          "trainable_token_indices",
          "alora_invocation_tokens",
          "layer_replication",
          "target_parameters");

  /** Initialisations that subtract from the base's own weights. */
  private static final List<String> CHANGED_BASE =
      List.of("pissa", "olora", "corda", "loftq", "lora_ga");

  /**
   * Parses adapter_config.json.
   *
   * @throws IllegalArgumentException naming the setting that is wrong or not supported
   */
  static PeftConfig of(String text) {
    JsonNode settings = json(text);
    require(settings.path("peft_type").asText("LORA").equals("LORA"), "peft_type is not LORA");
    for (String name : MUST_BE_FALSE) {
      require(!settings.path(name).asBoolean(false), name + " is not served");
    }
    for (String name : MUST_BE_EMPTY) {
      require(settings.path(name).isEmpty(), name + " is not served");
    }
    String init = settings.path("init_lora_weights").asText("true");
    require(
        CHANGED_BASE.stream().noneMatch(init::startsWith),
        "init_lora_weights " + init + " changes the base's weights, which is not served");
    return new PeftConfig(
        number(settings, "r").intValue(),
        number(settings, "lora_alpha").doubleValue(),
        // rank-stabilised LoRA (Kalajdzievski 2023) scales by alpha / sqrt(rank)
        settings.path("use_rslora").asBoolean(false),
        pattern(settings, "rank_pattern"),
        pattern(settings, "alpha_pattern"),
        !settings.path(SAVED).isEmpty());
  }

  /**
   * Refuses whole modules, for whoever cannot compare them with the base's.
   *
   * @throws IllegalArgumentException when there are any
   */
  void requireNothingSaved() {
    require(!saves, SAVED + " is not served");
  }

  private static Map<String, Double> pattern(JsonNode settings, String name) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (var entry : settings.path(name).properties()) {
      require(entry.getValue().isNumber(), name + "." + entry.getKey() + " is not a number");
      try {
        Pattern.compile(entry.getKey());
      } catch (PatternSyntaxException e) {
        require(false, name + ": '" + entry.getKey() + "' is no regular expression");
      }
      values.put(entry.getKey(), entry.getValue().asDouble());
    }
    return values;
  }

  /** The rank of a module. */
  int rank(String module) {
    return (int) value(ranks, module, rank);
  }

  /** What the products of modules that do not differ are multiplied with. */
  double scale() {
    return scale(alpha, rank);
  }

  /** What a module's product is multiplied with. */
  double scale(String module) {
    return scale(value(alphas, module, alpha), value(ranks, module, rank));
  }

  private double scale(double moduleAlpha, double moduleRank) {
    return moduleAlpha / (rankStabilised ? Math.sqrt(moduleRank) : moduleRank);
  }

  /** The value of the first pattern that matches, as in PEFT's get_pattern_key. */
  private static double value(Map<String, Double> pattern, String module, double otherwise) {
    for (Map.Entry<String, Double> entry : pattern.entrySet()) {
      if (Pattern.matches("(?:.*\\.)?(?:" + entry.getKey() + ")", module)) {
        return entry.getValue();
      }
    }
    return otherwise;
  }

  private static JsonNode json(String text) {
    JsonNode settings;
    try {
      settings = JSON.readTree(text);
    } catch (IOException e) {
      throw new IllegalArgumentException("adapter_config.json is not JSON", e);
    }
    require(settings.isObject(), "it is not a JSON object");
    return settings;
  }

  private static Number number(JsonNode settings, String name) {
    require(settings.path(name).isNumber(), name + " is not a number");
    return settings.path(name).numberValue();
  }

  private static void require(boolean valid, String problem) {
    if (!valid) {
      throw new IllegalArgumentException("adapter_config.json: " + problem);
    }
  }

  /** Writes adapter_config.json, as PEFT reads it. */
  static String text(LoraAdapter adapter, String baseModel) {
    ObjectNode config = JSON.createObjectNode();
    config.put("peft_type", "LORA");
    config.put("task_type", "CAUSAL_LM");
    config.put("base_model_name_or_path", baseModel);
    config.put("r", adapter.rank());
    config.put("lora_alpha", adapter.alpha());
    config.put("lora_dropout", 0.0);
    config.put("bias", "none");
    config.put("inference_mode", true);
    ArrayNode targets = config.putArray("target_modules");
    adapter.modules().keySet().stream()
        .map(name -> name.substring(name.lastIndexOf('.') + 1))
        .collect(Collectors.toCollection(TreeSet::new))
        .forEach(targets::add);
    return config.toPrettyString() + "\n";
  }
}
