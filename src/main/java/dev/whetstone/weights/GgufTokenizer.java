package dev.whetstone.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Converts the tokenizer of a GGUF file to Hugging Face's tokenizer.json: byte-level BPE ({@code
 * tokenizer.ggml.model = gpt2}) with the pre-tokenizer that {@code tokenizer.ggml.pre} names, and
 * SentencePiece's BPE ({@code llama}), which has scores and tokens for single bytes.
 */
public final class GgufTokenizer {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Numbers of tokenizer.ggml.token_type, as SentencePiece counts them. */
  private static final int NORMAL = 1;

  private static final int UNKNOWN = 2;
  static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int UNUSED = 5;

  private enum Kind {
    BYTE_LEVEL,
    SENTENCE_PIECE
  }

  private final GgufFile file;
  private final Kind kind;
  private final List<?> tokens;
  private final List<?> types;

  private GgufTokenizer(GgufFile file, Kind kind, List<?> tokens, List<?> types) {
    this.file = file;
    this.kind = kind;
    this.tokens = tokens;
    this.types = types;
  }

  /**
   * Reads the metadata.
   *
   * @throws ModelFormatException for other kinds of tokenizers and for inconsistent metadata
   */
  public static GgufTokenizer of(GgufFile file) {
    String name = file.text("tokenizer.ggml.model").orElse("");
    Kind kind =
        switch (name) {
          case "gpt2" -> Kind.BYTE_LEVEL;
          case "llama" -> Kind.SENTENCE_PIECE;
          default ->
              throw new ModelFormatException(
                  "tokenizer.ggml.model = '%s' is not supported; gpt2 (byte-level BPE) and llama (SentencePiece) are"
                      .formatted(name));
        };
    List<?> tokens = list(file, "tokenizer.ggml.tokens");
    List<?> types = list(file, "tokenizer.ggml.token_type");
    if (types.size() != tokens.size()) {
      throw new ModelFormatException(
          "tokenizer.ggml.token_type has " + types.size() + " entries for " + tokens.size());
    }
    return new GgufTokenizer(file, kind, tokens, types);
  }

  private static List<?> list(GgufFile file, String key) {
    if (file.metadata().get(key) instanceof List<?> values && !values.isEmpty()) {
      return values;
    }
    throw new ModelFormatException(key + " is missing");
  }

  /** The text of tokenizer.json. */
  public String tokenizerJson() {
    ObjectNode root = JSON.createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    addSpecial(root.putArray("added_tokens"));
    switch (kind) {
      case BYTE_LEVEL -> {
        root.set("normalizer", normalizer());
        root.set("pre_tokenizer", GgufPreTokenizers.of(preTokenizerName()));
        root.set("post_processor", postProcessor());
        root.set("decoder", GgufPreTokenizers.byteLevel(true));
        root.set("model", byteLevelModel());
      }
      case SENTENCE_PIECE -> {
        root.set("normalizer", spacesToPieces());
        root.putNull("pre_tokenizer");
        root.set("post_processor", postProcessor());
        root.set("decoder", piecesToText());
        root.set("model", sentencePieceModel());
      }
    }
    return root.toString();
  }

  private void addSpecial(ArrayNode added) {
    for (int id = 0; id < tokens.size(); id++) {
      int type = type(id);
      boolean control = type == CONTROL || (type == UNKNOWN && kind == Kind.SENTENCE_PIECE);
      if (control || type == USER_DEFINED) {
        ObjectNode token = added.addObject();
        token.put("id", id).put("content", token(id)).put("single_word", false);
        token.put("lstrip", false).put("rstrip", false).put("normalized", false);
        token.put("special", control);
      }
    }
  }

  /** Composes characters where the publisher's tokenizer does, which the metadata do not say. */
  private JsonNode normalizer() {
    return preTokenizerName().equals("qwen2")
        ? JSON.createObjectNode().put("type", "NFC")
        : JSON.nullNode();
  }

  private String preTokenizerName() {
    return file.text("tokenizer.ggml.pre").orElse("default");
  }

  private boolean setting(String key, boolean otherwise) {
    return file.metadata().get("tokenizer.ggml." + key) instanceof Boolean set ? set : otherwise;
  }

  /** Adds the beginning and the end of a text where the file says so, or its kind does. */
  private JsonNode postProcessor() {
    boolean byDefault =
        kind == Kind.SENTENCE_PIECE || GgufPreTokenizers.ignoresMerges(preTokenizerName());
    Optional<String> bos =
        setting("add_bos_token", byDefault) ? special("bos_token_id") : Optional.empty();
    Optional<String> eos =
        setting("add_eos_token", false) ? special("eos_token_id") : Optional.empty();
    if (bos.isEmpty() && eos.isEmpty()) {
      return JSON.nullNode();
    }
    ObjectNode template = JSON.createObjectNode().put("type", "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    ArrayNode pair = template.putArray("pair");
    ObjectNode ids = template.putObject("special_tokens");
    addTo(single, bos, "A", eos);
    addTo(pair, bos, "A", eos);
    addTo(pair, bos, "B", eos);
    bos.ifPresent(token -> describe(ids, token, "bos_token_id"));
    eos.ifPresent(token -> describe(ids, token, "eos_token_id"));
    return template;
  }

  private static void addTo(
      ArrayNode parts, Optional<String> bos, String sequence, Optional<String> eos) {
    int type = sequence.equals("A") ? 0 : 1;
    bos.ifPresent(
        t -> parts.addObject().putObject("SpecialToken").put("id", t).put("type_id", type));
    parts.addObject().putObject("Sequence").put("id", sequence).put("type_id", type);
    eos.ifPresent(
        t -> parts.addObject().putObject("SpecialToken").put("id", t).put("type_id", type));
  }

  private void describe(ObjectNode ids, String token, String key) {
    ObjectNode entry = ids.putObject(token).put("id", token);
    entry.putArray("ids").add(file.requireInteger("tokenizer.ggml." + key));
    entry.putArray("tokens").add(token);
  }

  private Optional<String> special(String key) {
    return file.number("tokenizer.ggml." + key)
        .map(Number::intValue)
        .filter(id -> id >= 0 && id < tokens.size())
        .map(this::token);
  }

  private boolean addsSpace() {
    return setting("add_space_prefix", true);
  }

  /** SentencePiece writes U+2581 for a space, and puts one before a text. */
  private ObjectNode spacesToPieces() {
    ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
    ArrayNode parts = sequence.putArray("normalizers");
    if (addsSpace()) {
      parts.addObject().put("type", "Prepend").put("prepend", "\u2581");
    }
    ObjectNode replace = parts.addObject().put("type", "Replace");
    replace.putObject("pattern").put("String", " ");
    replace.put("content", "\u2581");
    return sequence;
  }

  private ObjectNode piecesToText() {
    ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
    ArrayNode parts = sequence.putArray("decoders");
    ObjectNode replace = parts.addObject().put("type", "Replace");
    replace.putObject("pattern").put("String", "\u2581");
    replace.put("content", " ");
    parts.addObject().put("type", "ByteFallback");
    parts.addObject().put("type", "Fuse");
    if (addsSpace()) {
      parts.addObject().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0);
    }
    return sequence;
  }

  private ObjectNode byteLevelModel() {
    ObjectNode model = bpe(false);
    model.put("ignore_merges", GgufPreTokenizers.ignoresMerges(preTokenizerName()));
    addVocabulary(model);
    ArrayNode merges = model.putArray("merges");
    for (Object merge : list(file, "tokenizer.ggml.merges")) {
      String[] sides = String.valueOf(merge).split(" ", 2);
      if (sides.length != 2) {
        throw new ModelFormatException("tokenizer.ggml.merges holds '" + merge + "'");
      }
      merges.addArray().add(sides[0]).add(sides[1]);
    }
    return model;
  }

  private ObjectNode sentencePieceModel() {
    List<?> values = list(file, "tokenizer.ggml.scores");
    if (values.size() != tokens.size()) {
      throw new ModelFormatException(
          "tokenizer.ggml.scores has " + values.size() + " entries for " + tokens.size());
    }
    double[] scores = new double[tokens.size()];
    Map<String, Integer> merged = new LinkedHashMap<>();
    for (int id = 0; id < scores.length; id++) {
      scores[id] = values.get(id) instanceof Number n ? n.doubleValue() : 0;
      if (type(id) == NORMAL) {
        merged.put(token(id), id);
      }
    }
    ObjectNode model = bpe(true);
    special("unknown_token_id").ifPresent(token -> model.put("unk_token", token));
    addVocabulary(model);
    SentencePieceMerges.addTo(model.putArray("merges"), merged, scores);
    return model;
  }

  private static ObjectNode bpe(boolean byteFallback) {
    ObjectNode model = JSON.createObjectNode().put("type", "BPE");
    model.putNull("dropout").putNull("unk_token").putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix").put("fuse_unk", byteFallback);
    return model.put("byte_fallback", byteFallback);
  }

  private void addVocabulary(ObjectNode model) {
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      // Padding of the embedding to a round number of rows, which stands for no text.
      if (type(id) != UNUSED) {
        vocabulary.put(token(id), id);
      }
    }
  }

  /** The text of tokenizer_config.json: the special tokens a chat template may name. */
  public String tokenizerConfigJson() {
    ObjectNode root = JSON.createObjectNode();
    Map.of(
            "bos_token", "bos_token_id",
            "eos_token", "eos_token_id",
            "unk_token", "unknown_token_id",
            "pad_token", "padding_token_id")
        .entrySet()
        .stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> special(entry.getValue()).ifPresent(t -> root.put(entry.getKey(), t)));
    return root.toPrettyString() + "\n";
  }

  private String token(int id) {
    return String.valueOf(tokens.get(id));
  }

  private int type(int id) {
    return types.get(id) instanceof Number n ? n.intValue() : 0;
  }
}
