package dev.whetstone.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The pre-tokenizers that {@code tokenizer.ggml.pre} names, in tokenizer.json's words. The names
 * are llama.cpp's (src/llama-vocab.cpp), the patterns the publishers' own.
 */
final class GgufPreTokenizers {
  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String REST =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String WORDS = CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
  private static final String QWEN2 = WORDS + "\\p{N}" + REST;
  private static final String LLAMA3 = WORDS + "\\p{N}{1,3}" + REST;
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String OTHERS =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String TEKKEN = cased("") + "|\\p{N}" + OTHERS;
  private static final String GPT4O = cased(CONTRACTIONS + "?") + "|\\p{N}{1,3}" + OTHERS;
  private static final String CHINESE = "[一-龥\u0800-一가-\ud7ff]+";
  private static final String PUNCTUATED =
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
          + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*"
          + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String NO_PUNCTUATION = " ?[^(\\s|.,!?…。，、।۔،)]+";

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * How a text is cut before its merges.
   *
   * @param patterns each cuts what the former left
   * @param gpt2 whether GPT-2's own pattern cuts last
   * @param ignoresMerges whether a piece that is a token is one, whatever the merges say
   */
  private record Cut(List<String> patterns, boolean gpt2, boolean ignoresMerges) {}

  private static final Map<String, Cut> CUTS = cuts();

  private GgufPreTokenizers() {}

  private static String cased(String contractions) {
    String first = "[^\\r\\n\\p{L}\\p{N}]?";
    return String.join(
        "",
        first + UPPER + "*" + LOWER + "+" + contractions,
        "|" + first + UPPER + "+" + LOWER + "*" + contractions);
  }

  private static Map<String, Cut> cuts() {
    Map<String, Cut> cuts = new TreeMap<>();
    put(
        cuts,
        new Cut(List.of(), true, false),
        List.of("default", "gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling"));
    put(
        cuts,
        new Cut(List.of(QWEN2), false, false),
        List.of("qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan", "megrez"));
    put(
        cuts,
        new Cut(List.of(LLAMA3), false, true),
        List.of("llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral"));
    put(
        cuts,
        new Cut(List.of(LLAMA3), false, false),
        List.of("dbrx", "smaug-bpe", "chatglm-bpe", "glm4"));
    put(
        cuts,
        new Cut(List.of("\\p{N}"), true, false),
        List.of("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"));
    put(cuts, new Cut(List.of(TEKKEN), false, true), List.of("tekken"));
    put(cuts, new Cut(List.of(GPT4O), false, false), List.of("gpt-4o", "llama4"));
    put(
        cuts,
        new Cut(List.of("[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", CHINESE, "\\p{N}"), false, false),
        List.of("deepseek-coder"));
    put(
        cuts,
        new Cut(List.of("\\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", PUNCTUATED), false, false),
        List.of("deepseek-v3", "hunyuan-dense"));
    put(cuts, new Cut(List.of("[\\p{P}\\$\\+<=>\\^~\\|`]+"), true, false), List.of("falcon"));
    put(
        cuts,
        new Cut(List.of(NO_PUNCTUATION), false, false),
        List.of("bloom", "poro-chat", "gpt3-finnish"));
    put(cuts, new Cut(List.of(NO_PUNCTUATION, "\\p{N}"), false, false), List.of("viking"));
    return cuts;
  }

  private static void put(Map<String, Cut> cuts, Cut cut, List<String> names) {
    names.forEach(name -> cuts.put(name, cut));
  }

  /**
   * The pre-tokenizer of a name.
   *
   * @throws ModelFormatException naming those that are known
   */
  static ObjectNode of(String name) {
    Cut cut = cut(name);
    if (cut.patterns.isEmpty()) {
      return byteLevel(cut.gpt2);
    }
    ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
    ArrayNode parts = sequence.putArray("pretokenizers");
    cut.patterns.forEach(pattern -> parts.add(split(pattern)));
    if (name.equals("falcon")) {
      parts.add(byteLevel(true));
      parts.add(split("[0-9][0-9][0-9]"));
      return sequence;
    }
    parts.add(byteLevel(cut.gpt2));
    return sequence;
  }

  /** Whether a piece that is a token is not built by merges. */
  static boolean ignoresMerges(String name) {
    return cut(name).ignoresMerges;
  }

  private static Cut cut(String name) {
    Cut cut = CUTS.get(name);
    if (cut == null) {
      throw new ModelFormatException(
          "tokenizer.ggml.pre = '%s' is not supported; these are: %s"
              .formatted(name, String.join(", ", CUTS.keySet())));
    }
    return cut;
  }

  private static ObjectNode split(String regex) {
    if (regex.equals("\\p{N}")) {
      return JSON.createObjectNode().put("type", "Digits").put("individual_digits", true);
    }
    ObjectNode split = JSON.createObjectNode().put("type", "Split");
    split.putObject("pattern").put("Regex", regex);
    return split.put("behavior", "Isolated").put("invert", false);
  }

  static ObjectNode byteLevel(boolean useRegex) {
    return JSON.createObjectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", useRegex);
  }
}
