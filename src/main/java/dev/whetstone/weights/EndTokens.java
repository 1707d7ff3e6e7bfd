package dev.whetstone.weights;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The tokens that end a completion of a GGUF file's model. Its metadata name one, and sometimes the
 * ends of a turn and of a message; other ends are known by their text only (llama.cpp does the
 * same, special_eog_ids in src/llama-vocab.cpp), such as the {@code <|endoftext|>} beside {@code
 * <|im_end|>}.
 */
final class EndTokens {
  private static final String KEY = "tokenizer.ggml.%s_token_id";
  private static final Set<String> TEXTS =
      Set.of(
          "<|im_end|>",
          "<|endoftext|>",
          "<|end_of_text|>",
          "<|eot_id|>",
          "<|eom_id|>",
          "<|end|>",
          "<end_of_turn>",
          "<end_of_utterance>",
          "<EOT>",
          "</s>");

  private EndTokens() {}

  /** The ids, that of the template's end of turn first. */
  static Set<Integer> of(GgufFile file) {
    Set<Integer> ids = new LinkedHashSet<>();
    ids.add(file.requireInteger(KEY.formatted("eos")));
    for (String end : List.of("eot", "eom")) {
      file.number(KEY.formatted(end)).map(Number::intValue).ifPresent(ids::add);
    }
    addKnown(file, ids);
    return ids;
  }

  private static void addKnown(GgufFile file, Set<Integer> ids) {
    if (file.metadata().get("tokenizer.ggml.tokens") instanceof List<?> tokens
        && file.metadata().get("tokenizer.ggml.token_type") instanceof List<?> types) {
      for (int id = 0; id < Math.min(tokens.size(), types.size()); id++) {
        if (types.get(id) instanceof Number type
            && type.intValue() == GgufTokenizer.CONTROL
            && tokens.get(id) instanceof String text
            && TEXTS.contains(text)) {
          ids.add(id);
        }
      }
    }
  }
}
