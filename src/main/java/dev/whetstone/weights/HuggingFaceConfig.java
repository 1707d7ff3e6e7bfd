package dev.whetstone.weights;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.io.JsonFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads and writes config.json as Transformers does; refuses features that the graph does not
 * implement.
 */
public final class HuggingFaceConfig {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern ID = Pattern.compile("\\d{1,9}");
  private static final int GEMMA_HEAD = 256;

  /** Our own field: the token that the chat template puts behind a turn. */
  private static final String END_OF_TURN = "end_of_turn_token_id";

  private HuggingFaceConfig() {}

  /**
   * Reads {@code config.json} and, if it exists, the end tokens of {@code generation_config.json}.
   *
   * @throws ModelFormatException naming the field that is missing or not supported
   */
  public static ModelConfig read(Path directory) throws IOException {
    JsonNode root = json(directory.resolve("config.json"));
    ConfigFields config = new ConfigFields(root);
    ModelValidator.requireArchitecture(config.text("model_type", ""));
    return of(config, endTokens(directory, root));
  }

  /**
   * The model that fields describe.
   *
   * @param ends tokens that end a completion, that of the chat template's end of turn first
   */
  static ModelConfig of(ConfigFields config, Set<Integer> ends) {
    String architecture = config.text("model_type", "");
    boolean qwen = architecture.equals("qwen2");
    config.refuseUnless("attention_bias", qwen || !config.flag("attention_bias", false));
    config.refuseUnless("mlp_bias", !config.flag("mlp_bias", false));
    refuseQuantization(config);
    int hidden = config.integer("hidden_size");
    int heads = config.integer("num_attention_heads");
    boolean gemma = HuggingFaceDesign.isGemma(architecture);
    Rope rope = HuggingFaceRope.read(config, HuggingFaceDesign.FULL);
    return new ModelConfig(
        architecture,
        hidden,
        config.integer(HuggingFaceDesign.intermediateSize(architecture)),
        config.integer("num_hidden_layers"),
        heads,
        config.optionalInteger("num_key_value_heads").orElse(heads),
        config
            .optionalInteger("head_dim")
            .orElse(gemma ? GEMMA_HEAD : heads < 1 ? 0 : hidden / heads),
        config.integer("vocab_size"),
        HuggingFaceRope.context(config),
        gemma
            ? config.optionalDecimal("rms_norm_eps").orElse(1e-6)
            : config.decimal("rms_norm_eps"),
        rope.theta(),
        rope.scaling(),
        config.flag("tie_word_embeddings", gemma),
        qwen,
        config.optionalInteger("bos_token_id").orElse(-1),
        ends,
        HuggingFaceDesign.read(config, architecture, rope));
  }

  private static void refuseQuantization(ConfigFields config) {
    if (config.has("quantization_config")) {
      String method = config.object("quantization_config").text("quant_method", "unknown");
      throw new ModelFormatException(
          "config.json: quantization_config asks for weights quantised by %s, which is not served; import F32, F16 or BF16, or a GGUF file"
              .formatted(method));
    }
  }

  static JsonNode json(Path file) throws IOException {
    try {
      return JSON.readTree(file.toFile());
    } catch (JacksonException e) {
      throw new ModelFormatException(file + " is not JSON: " + JsonFault.of(e), e);
    }
  }

  private static Set<Integer> endTokens(Path directory, JsonNode root) throws IOException {
    Set<Integer> ids = new LinkedHashSet<>();
    JsonNode own = root.path(END_OF_TURN);
    collect(own, ids);
    // An import wrote it, with all other ends in eos_token_id: a start need not parse the
    // tokenizer.
    if (own.isMissingNode()) {
      endOfTurn(directory).ifPresent(ids::add);
    }
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
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Optional<Integer> listed =
        root.path("added_tokens_decoder").properties().stream()
            .filter(added -> added.getValue().path("content").asText().equals(text))
            .map(Map.Entry::getKey)
            .filter(id -> ID.matcher(id).matches())
            .map(Integer::valueOf)
            .findFirst();
    return listed.isPresent() ? listed : inTokenizer(directory, text);
  }

  /** Transformers 5 lists added tokens in tokenizer.json alone. */
  private static Optional<Integer> inTokenizer(Path directory, String text) throws IOException {
    Path tokenizer = directory.resolve("tokenizer.json");
    if (!Files.exists(tokenizer)) {
      return Optional.empty();
    }
    for (JsonNode added : json(tokenizer).path("added_tokens")) {
      if (added.path("content").asText().equals(text) && added.path("id").isInt()) {
        return Optional.of(added.path("id").asInt());
      }
    }
    return Optional.empty();
  }

  private static void collect(JsonNode node, Set<Integer> ids) {
    if (node.isInt()) {
      ids.add(node.asInt());
    }
    node.forEach(id -> ids.add(id.asInt()));
  }

  /** The text of a config.json that names the token that the chat template ends a turn with. */
  public static String write(ModelConfig config, int endOfTurn) {
    ObjectNode root = root(config.withEndOfTurn(endOfTurn));
    return root.put(END_OF_TURN, endOfTurn).toPrettyString() + "\n";
  }

  /** The text of a config.json that {@link #read} understands. */
  public static String write(ModelConfig config) {
    return root(config).toPrettyString() + "\n";
  }

  private static ObjectNode root(ModelConfig config) {
    ObjectNode root = JSON.createObjectNode();
    root.put("model_type", config.architecture());
    if (!HuggingFaceDesign.isGemma(config.architecture())) {
      root.put("hidden_act", "silu");
    }
    root.put("hidden_size", config.hiddenSize());
    root.put(HuggingFaceDesign.intermediateSize(config.architecture()), config.intermediateSize());
    root.put("num_hidden_layers", config.layers());
    root.put("num_attention_heads", config.heads());
    root.put("num_key_value_heads", config.kvHeads());
    root.put("head_dim", config.headDim());
    root.put("vocab_size", config.vocabularySize());
    root.put("max_position_embeddings", config.contextLength());
    root.put("rms_norm_eps", config.rmsNormEpsilon());
    HuggingFaceDesign.write(root, config);
    root.put("tie_word_embeddings", config.tiedEmbeddings());
    if (config.bosId() >= 0) {
      root.put("bos_token_id", config.bosId());
    }
    ArrayNode ends = root.putArray("eos_token_id");
    config.eosIds().forEach(ends::add);
    return root;
  }
}
