package dev.whetstone.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * Converts the tokenizer of a GGUF file to Hugging Face's tokenizer.json: byte-level BPE ({@code
 * tokenizer.ggml.model = gpt2}) with the pre-tokenizer that {@code tokenizer.ggml.pre} names.
 */
public final class GgufTokenizer {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Numbers of tokenizer.ggml.token_type, as SentencePiece counts them. */
  static final int CONTROL = 3;

  private static final int USER_DEFINED = 4;
  private static final int UNUSED = 5;
  private static final String QWEN2 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String LLAMA3 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private final GgufFile file;
  private final List<?> tokens;
  private final List<?> types;

  private GgufTokenizer(GgufFile file, List<?> tokens, List<?> types) {
    this.file = file;
    this.tokens = tokens;
    this.types = types;
  }

  /**
   * Reads the metadata.
   *
   * @throws ModelFormatException for other kinds of tokenizers and for inconsistent metadata
   */
  public static GgufTokenizer of(GgufFile file) {
    String kind = file.text("tokenizer.ggml.model").orElse("");
    if (!kind.equals("gpt2")) {
      throw new ModelFormatException(
          "tokenizer.ggml.model = '" + kind + "' is not supported, gpt2 (byte-level BPE) is");
    }
    List<?> tokens = list(file, "tokenizer.ggml.tokens");
    List<?> types = list(file, "tokenizer.ggml.token_type");
    if (types.size() != tokens.size()) {
      throw new ModelFormatException(
          "tokenizer.ggml.token_type has " + types.size() + " entries for " + tokens.size());
    }
    return new GgufTokenizer(file, tokens, types);
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
    root.set("normalizer", normalizer());
    root.set("pre_tokenizer", preTokenizer());
    root.putNull("post_processor");
    root.set("decoder", byteLevel(true));
    root.set("model", model());
    return root.toString();
  }

  private void addSpecial(ArrayNode added) {
    for (int id = 0; id < tokens.size(); id++) {
      int type = type(id);
      if (type == CONTROL || type == USER_DEFINED) {
        ObjectNode token = added.addObject();
        token.put("id", id).put("content", token(id)).put("single_word", false);
        token.put("lstrip", false).put("rstrip", false).put("normalized", false);
        token.put("special", type == CONTROL);
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

  private ObjectNode preTokenizer() {
    String name = preTokenizerName();
    return switch (name) {
      case "smollm" -> {
        ObjectNode digits = JSON.createObjectNode();
        digits.put("type", "Digits").put("individual_digits", true);
        yield sequence(digits, byteLevel(true));
      }
      case "default", "gpt-2" -> byteLevel(true);
      case "qwen2" -> sequence(split(QWEN2), byteLevel(false));
      case "llama-bpe", "llama3" -> sequence(split(LLAMA3), byteLevel(false));
      default ->
          throw new ModelFormatException("tokenizer.ggml.pre = '" + name + "' is not supported");
    };
  }

  private static ObjectNode sequence(ObjectNode first, ObjectNode second) {
    ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
    sequence.putArray("pretokenizers").add(first).add(second);
    return sequence;
  }

  private static ObjectNode split(String regex) {
    ObjectNode split = JSON.createObjectNode().put("type", "Split");
    split.putObject("pattern").put("Regex", regex);
    return split.put("behavior", "Isolated").put("invert", false);
  }

  private static ObjectNode byteLevel(boolean useRegex) {
    return JSON.createObjectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", useRegex);
  }

  private ObjectNode model() {
    ObjectNode model = JSON.createObjectNode().put("type", "BPE");
    model.putNull("dropout").putNull("unk_token").putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix").put("fuse_unk", false).put("byte_fallback", false);
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      // Padding of the embedding to a round number of rows, which stands for no text.
      if (type(id) != UNUSED) {
        vocabulary.put(token(id), id);
      }
    }
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

  /** The text of tokenizer_config.json: the special tokens a chat template may name. */
  public String tokenizerConfigJson() {
    ObjectNode root = JSON.createObjectNode();
    special(root, "bos_token", "tokenizer.ggml.bos_token_id");
    special(root, "eos_token", "tokenizer.ggml.eos_token_id");
    special(root, "unk_token", "tokenizer.ggml.unknown_token_id");
    special(root, "pad_token", "tokenizer.ggml.padding_token_id");
    return root.toPrettyString() + "\n";
  }

  private void special(ObjectNode root, String name, String key) {
    file.number(key)
        .map(Number::intValue)
        .filter(id -> id >= 0 && id < tokens.size())
        .ifPresent(id -> root.put(name, token(id)));
  }

  /** The chat template, when the file has one. */
  public Optional<String> chatTemplate() {
    return file.text("tokenizer.chat_template");
  }

  private String token(int id) {
    return String.valueOf(tokens.get(id));
  }

  private int type(int id) {
    return types.get(id) instanceof Number n ? n.intValue() : 0;
  }
}
