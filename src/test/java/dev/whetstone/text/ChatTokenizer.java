package dev.whetstone.text;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A small tokenizer with the control tokens of a known model, and the model's chat template. */
record ChatTokenizer(
    String name,
    Path base,
    Tokenizer tokenizer,
    ChatTemplate template,
    List<String> controlTokens) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final Path BYTES = Path.of("models/tiny-reviews/tokenizer.json");
  private static final Path SENTENCE_PIECE = GOLDEN.resolve("sentencepiece");

  static List<ChatTokenizer> all() {
    List<String> qwen = List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>");
    List<String> thinking = List.of("<think>", "</think>", "<tool_call>", "</tool_call>");
    return List.of(
        of("qwen2.5", BYTES, qwen, thinking, ""),
        of("qwen3", BYTES, qwen, thinking, ""),
        of(
            "llama3",
            BYTES,
            List.of(
                "<|begin_of_text|>",
                "<|start_header_id|>",
                "<|end_header_id|>",
                "<|eot_id|>",
                "<|eom_id|>",
                "<|python_tag|>"),
            List.of(),
            "<|begin_of_text|>"),
        of(
            "deepseek",
            BYTES,
            List.of("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
            List.of("<｜User｜>", "<｜Assistant｜>", "<think>", "</think>"),
            "<｜begin▁of▁sentence｜>"),
        of(
            "mistral",
            SENTENCE_PIECE.resolve("llama2-spm/tokenizer.json"),
            List.of(
                "<s>",
                "</s>",
                "[INST]",
                "[/INST]",
                "[AVAILABLE_TOOLS]",
                "[/AVAILABLE_TOOLS]",
                "[TOOL_CALLS]",
                "[TOOL_RESULTS]",
                "[/TOOL_RESULTS]"),
            List.of(),
            "<s>"),
        of(
            "gemma",
            SENTENCE_PIECE.resolve("gemma-spm/tokenizer.json"),
            List.of("<s>", "</s>", "<start_of_turn>", "<end_of_turn>"),
            List.of(),
            "<s>"));
  }

  private static ChatTokenizer of(
      String name, Path base, List<String> special, List<String> added, String begin) {
    try {
      ObjectNode json = (ObjectNode) JSON.readTree(base.toFile());
      add(json, special, true);
      add(json, added, false);
      List<String> control = new ArrayList<>(special);
      added.stream().filter(token -> token.startsWith("<｜")).forEach(control::add);
      return new ChatTokenizer(
          name,
          base,
          open(json),
          ChatTemplate.of(
              Files.readString(GOLDEN.resolve("jinja/templates").resolve(name + ".jinja")),
              Map.of("bos_token", begin, "eos_token", special.get(1))),
          control);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** A tokenizer of a tokenizer.json that need not stay. */
  static Tokenizer open(ObjectNode json) throws IOException {
    Path file = Files.createTempFile("tokenizer", ".json");
    file.toFile().deleteOnExit();
    Files.writeString(file, json.toString());
    return Tokenizer.open(file);
  }

  private static void add(ObjectNode json, List<String> tokens, boolean special) {
    ArrayNode known = (ArrayNode) json.path("added_tokens");
    for (String token : tokens) {
      int next = json.path("model").path("vocab").size();
      boolean isKnown = false;
      for (var one : known) {
        next = Math.max(next, one.path("id").asInt() + 1);
        isKnown |= one.path("content").asText().equals(token);
      }
      if (!isKnown) {
        known
            .addObject()
            .put("id", next)
            .put("content", token)
            .put("single_word", false)
            .put("lstrip", false)
            .put("rstrip", false)
            .put("normalized", false)
            .put("special", special);
      }
    }
  }

  /** The same tokenizer for plain text alone, in which its control tokens are none. */
  Tokenizer withoutControlTokens() throws IOException {
    ObjectNode json = (ObjectNode) JSON.readTree(base.toFile());
    json.putArray("added_tokens");
    return open(json);
  }

  /** A pattern that splits a text before and behind its control tokens. */
  String anyControlToken() {
    String any = String.join("|", controlTokens.stream().map(Pattern::quote).toList());
    return "(?=" + any + ")|(?<=" + any + ")";
  }

  /** The ids of a conversation. */
  int[] ids(Conversation conversation) {
    return tokenizer.encode(template.render(conversation));
  }

  /** The ids that Transformers gives, which takes what users write for control tokens, too. */
  int[] parsed(Conversation conversation) {
    return tokenizer.encode(template.render(conversation).text(), false);
  }

  @Override
  public String toString() {
    return name;
  }

  // Not AutoCloseable: JUnit closes such arguments after the first test.
  static void close(List<ChatTokenizer> chats) {
    chats.forEach(chat -> chat.tokenizer.close());
  }
}
