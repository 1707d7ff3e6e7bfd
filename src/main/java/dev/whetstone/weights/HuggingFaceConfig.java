package dev.whetstone.weights;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes config.json as Transformers does; refuses features that the graph does not
 * implement.
 */
public final class HuggingFaceConfig {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern ID = Pattern.compile("\\d{1,9}");
  private static final double DEFAULT_THETA = 10_000;

  private HuggingFaceConfig() {}

  /**
   * Reads {@code config.json} and, if it exists, the end tokens of {@code generation_config.json}.
   *
   * @throws ModelFormatException naming the field that is missing or not supported
   */
  public static ModelConfig read(Path directory) throws IOException {
    JsonNode root = json(directory.resolve("config.json"));
    String architecture = root.path("model_type").asText("");
    ModelValidator.requireArchitecture(architecture);
    boolean qwen = architecture.equals("qwen2");
    refuseUnless(root, "hidden_act", root.path("hidden_act").asText("silu").equals("silu"));
    refuseUnless(root, "attention_bias", qwen || !root.path("attention_bias").asBoolean(false));
    refuseUnless(root, "mlp_bias", !root.path("mlp_bias").asBoolean(false));
    refuseUnless(root, "quantization_config", root.path("quantization_config").isMissingNode());
    int hidden = integer(root, "hidden_size");
    int heads = integer(root, "num_attention_heads");
    int context = integer(root, "max_position_embeddings");
    refuseShortWindow(root, context);
    JsonNode rope = rope(root);
    return new ModelConfig(
        architecture,
        hidden,
        integer(root, "intermediate_size"),
        integer(root, "num_hidden_layers"),
        heads,
        root.path("num_key_value_heads").asInt(heads),
        root.path("head_dim").asInt(heads < 1 ? 0 : hidden / heads),
        integer(root, "vocab_size"),
        context,
        decimal(root, "rms_norm_eps"),
        rope.path("rope_theta").asDouble(root.path("rope_theta").asDouble(DEFAULT_THETA)),
        scaling(rope),
        root.path("tie_word_embeddings").asBoolean(false),
        qwen,
        root.path("bos_token_id").asInt(-1),
        endTokens(directory, root));
  }

  static JsonNode json(Path file) throws IOException {
    try {
      return JSON.readTree(file.toFile());
    } catch (JacksonException e) {
      throw new ModelFormatException(file + " is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static void refuseUnless(JsonNode root, String field, boolean served) {
    if (!served) {
      throw new ModelFormatException(
          "config.json: %s = %s is not served".formatted(field, root.path(field)));
    }
  }

  private static void refuseShortWindow(JsonNode root, int context) {
    boolean used = root.path("use_sliding_window").asBoolean(true);
    int window = root.path("sliding_window").asInt(context);
    refuseUnless(root, "sliding_window", !used || window >= context);
  }

  /** Transformers 5 writes rope_parameters, earlier versions rope_scaling beside rope_theta. */
  private static JsonNode rope(JsonNode root) {
    JsonNode parameters = root.path("rope_parameters");
    return parameters.isObject() ? parameters : root.path("rope_scaling");
  }

  private static @Nullable RopeScaling scaling(JsonNode rope) {
    String type = rope.path("rope_type").asText(rope.path("type").asText("default"));
    return switch (type) {
      case "default" -> null;
      case "llama3" -> llama3(rope);
      default ->
          throw new ModelFormatException("config.json: rope_type = " + type + " is not served");
    };
  }

  private static RopeScaling llama3(JsonNode rope) {
    try {
      return new RopeScaling(
          decimal(rope, "factor"),
          decimal(rope, "low_freq_factor"),
          decimal(rope, "high_freq_factor"),
          integer(rope, "original_max_position_embeddings"));
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException("config.json: " + e.getMessage(), e);
    }
  }

  private static Set<Integer> endTokens(Path directory, JsonNode root) throws IOException {
    Set<Integer> ids = new LinkedHashSet<>();
    endOfTurn(directory).ifPresent(ids::add);
    collect(root.path("eos_token_id"), ids);
    Path generation = directory.resolve("generation_config.json");
    if (Files.exists(generation)) {
      collect(json(generation).path("eos_token_id"), ids);
    }
    if (ids.isEmpty()) {
      throw new ModelFormatException("config.json: eos_token_id is missing");
    }
    return ids;
  }

  /**
   * The id of the tokenizer's eos_token. In config.json the end of a text may be the first of
   * several: Llama 3 lists {@code <|end_of_text|>} before {@code <|eot_id|>}.
   */
  private static Optional<Integer> endOfTurn(Path directory) throws IOException {
    Path tokenizer = directory.resolve("tokenizer_config.json");
    if (!Files.exists(tokenizer)) {
      return Optional.empty();
    }
    JsonNode root = json(tokenizer);
    JsonNode token = root.path("eos_token");
    String text = token.path("content").asText(token.asText(""));
    return root.path("added_tokens_decoder").properties().stream()
        .filter(added -> added.getValue().path("content").asText().equals(text))
        .map(Map.Entry::getKey)
        .filter(id -> ID.matcher(id).matches())
        .map(Integer::valueOf)
        .findFirst();
  }

  private static void collect(JsonNode node, Set<Integer> ids) {
    if (node.isInt()) {
      ids.add(node.asInt());
    }
    node.forEach(id -> ids.add(id.asInt()));
  }

  private static int integer(JsonNode node, String field) {
    if (!node.path(field).canConvertToInt()) {
      throw new ModelFormatException("config.json: " + field + " is missing or not a whole number");
    }
    return node.path(field).asInt();
  }

  private static double decimal(JsonNode node, String field) {
    if (!node.path(field).isNumber()) {
      throw new ModelFormatException("config.json: " + field + " is missing or not a number");
    }
    return node.path(field).asDouble();
  }

  /** The text of a config.json that {@link #read} understands. */
  public static String write(ModelConfig config) {
    ObjectNode root = JSON.createObjectNode();
    root.put("model_type", config.architecture());
    root.put("hidden_act", "silu");
    root.put("hidden_size", config.hiddenSize());
    root.put("intermediate_size", config.intermediateSize());
    root.put("num_hidden_layers", config.layers());
    root.put("num_attention_heads", config.heads());
    root.put("num_key_value_heads", config.kvHeads());
    root.put("head_dim", config.headDim());
    root.put("vocab_size", config.vocabularySize());
    root.put("max_position_embeddings", config.contextLength());
    root.put("rms_norm_eps", config.rmsNormEpsilon());
    ObjectNode rope = root.putObject("rope_parameters").put("rope_theta", config.ropeTheta());
    RopeScaling scaling = config.ropeScaling();
    rope.put("rope_type", scaling == null ? "default" : "llama3");
    if (scaling != null) {
      rope.put("factor", scaling.factor());
      rope.put("low_freq_factor", scaling.lowFrequencyFactor());
      rope.put("high_freq_factor", scaling.highFrequencyFactor());
      rope.put("original_max_position_embeddings", scaling.originalContext());
    }
    root.put("tie_word_embeddings", config.tiedEmbeddings());
    if (config.bosId() >= 0) {
      root.put("bos_token_id", config.bosId());
    }
    ArrayNode ends = root.putArray("eos_token_id");
    config.eosIds().forEach(ends::add);
    return root.toPrettyString() + "\n";
  }
}
