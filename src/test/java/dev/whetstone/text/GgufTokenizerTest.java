package dev.whetstone.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.weights.GgufBytes;
import dev.whetstone.weights.GgufFile;
import dev.whetstone.weights.GgufTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokenizers converted from the metadata of GGUF files. */
class GgufTokenizerTest {
  private static final List<String> TOKENS =
      List.of(
          "a",
          "1",
          "2",
          "12",
          "a1",
          "Ã",
          "©",
          "Ã©",
          "Ì",
          "ģ",
          "e",
          "<|im_end|>",
          "<tool>",
          "[PAD]");
  private static final List<Integer> TYPES = List.of(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 4, 5);
  private static final List<String> MERGES = List.of("1 2", "a 1", "Ã ©");

  @TempDir Path folder;

  @Test
  void qwen2SplitsDigitsAndLettersApart() throws IOException {
    try (Tokenizer tokenizer = open("qwen2")) {
      assertThat(tokenizer.encode("a12", false)).containsExactly(0, 1, 2);
    }
    try (Tokenizer tokenizer = open("llama-bpe")) {
      assertThat(tokenizer.encode("a12", false)).containsExactly(0, 3);
    }
  }

  @Test
  void qwen2ComposesCharacters() throws IOException {
    try (Tokenizer tokenizer = open("qwen2")) {
      assertThat(tokenizer.encode("e\u0301", false)).containsExactly(7);
    }
    try (Tokenizer tokenizer = open("llama-bpe")) {
      assertThat(tokenizer.encode("e\u0301", false)).containsExactly(10, 8, 9);
    }
  }

  @Test
  void controlTokensAreSpecialAndUserDefinedOnesAreText() throws IOException {
    try (Tokenizer tokenizer = open("qwen2")) {
      int[] ids = tokenizer.encode("a<tool><|im_end|>", false);

      assertThat(ids).containsExactly(0, 12, 11);
      assertThat(tokenizer.decode(ids, true)).isEqualTo("a<tool>");
    }
  }

  @Test
  void paddingOfTheVocabularyIsNoToken() throws IOException {
    try (Tokenizer tokenizer = open("qwen2")) {
      assertThat(tokenizer.vocabularySize()).isEqualTo(13);
      assertThat(tokenizer.decode(new int[] {0, 13}, false)).isEqualTo("a");
    }
  }

  private Tokenizer open(String pre) throws IOException {
    byte[] bytes =
        new GgufBytes()
            .text("tokenizer.ggml.model", "gpt2")
            .text("tokenizer.ggml.pre", pre)
            .list("tokenizer.ggml.tokens", 8, TOKENS.size(), TOKENS::get)
            .list("tokenizer.ggml.token_type", 5, TYPES.size(), TYPES::get)
            .list("tokenizer.ggml.merges", 8, MERGES.size(), MERGES::get)
            .bytes();
    try (GgufFile file = GgufFile.open(Files.write(folder.resolve("m.gguf"), bytes))) {
      return Tokenizer.open(
          Files.writeString(
              folder.resolve("tokenizer.json"), GgufTokenizer.of(file).tokenizerJson()));
    }
  }
}
