package dev.whetstone.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.weights.GgufFile;
import dev.whetstone.weights.GgufTokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SentencePiece vocabularies, as Llama 2 and Gemma have them, beside sentencepiece's own ids. */
class SentencePieceTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/sentencepiece");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"llama2-spm", "gemma-spm"})
  void tokenizerJsonGivesHuggingFacesIds(String name) throws IOException {
    try (Tokenizer tokenizer = Tokenizer.open(GOLDEN.resolve(name).resolve("tokenizer.json"))) {
      for (JsonNode text : texts(name)) {
        int[] ids = tokenizer.encode(text.path("text").asText(), false);
        assertThat(ids).as(text.path("text").asText()).isEqualTo(ids(text, "hugging_face_ids"));
        assertThat(tokenizer.encode(text.path("text").asText(), true))
            .isEqualTo(ids(text, "hugging_face_ids_with_specials"));
        assertThat(pieces(tokenizer, ids)).isEqualTo(tokenizer.decode(ids, true));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama2-spm", "gemma-spm"})
  void ggufGivesSentencePiecesIds(String name) throws IOException {
    try (Tokenizer tokenizer = ofGguf(name)) {
      for (JsonNode text : texts(name)) {
        // sentencepiece takes control tokens for text, where chat templates need their ids
        if (!text.path("text").asText().contains("<s>")) {
          int[] ids = tokenizer.encode(text.path("text").asText(), false);
          assertThat(ids).as(text.path("text").asText()).isEqualTo(ids(text, "ids"));
          assertThat(tokenizer.decode(ids, true)).isEqualTo(text.path("decoded").asText());
          assertThat(pieces(tokenizer, ids)).isEqualTo(text.path("decoded").asText());
        }
      }
    }
  }

  @Test
  void aPromptBeginsOnce() throws IOException {
    try (Tokenizer tokenizer = ofGguf("llama2-spm")) {
      assertThat(tokenizer.encodePrompt("a")).startsWith(1, 266).hasSize(2);
      assertThat(tokenizer.encodePrompt("<s>a")).isEqualTo(tokenizer.encodePrompt("a"));
      assertThat(tokenizer.encodePrompt("")).containsExactly(1);
      assertThat(tokenizer.encode("a", false)).containsExactly(266);
    }
  }

  @Test
  void tokensHaveBytes() throws IOException {
    try (Tokenizer tokenizer = ofGguf("llama2-spm")) {
      assertThat(tokenizer.bytes(13)).containsExactly('\n');
      assertThat(tokenizer.bytes(266)).isEqualTo(" a".getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void spacesComeOutPieceByPieceAsAtOnce() throws IOException {
    RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
    try (Tokenizer tokenizer = ofGguf("llama2-spm")) {
      for (int i = 0; i < 500; i++) {
        // no tokens of single bytes: invalid ones are replaced one by one, or all of a run
        int[] ids = random.ints(random.nextInt(1, 24), 259, tokenizer.vocabularySize()).toArray();
        assertThat(pieces(tokenizer, ids))
            .as(Arrays.toString(ids))
            .isEqualTo(tokenizer.decode(ids, true));
      }
    }
  }

  @Test
  void bytesWaitForTheirCharacter() throws IOException {
    try (Tokenizer tokenizer = ofGguf("llama2-spm")) {
      TokenDecoder decoder = tokenizer.decoder();
      int first = 3;
      assertThat(decoder.push(266)).isEqualTo("a");
      assertThat(decoder.push(first + 0xc3)).isEmpty();
      assertThat(decoder.push(first + 0xa9)).isEqualTo("é");
      assertThat(decoder.push(first + 0xc3)).isEmpty();
      assertThat(decoder.finish()).isEqualTo("\ufffd");
      assertThat(decoder.push(266)).isEqualTo("a");
    }
  }

  private Tokenizer ofGguf(String name) throws IOException {
    Path json = folder.resolve(name + ".json");
    try (GgufFile file = GgufFile.open(GOLDEN.resolve(name).resolve("model-f16.gguf"))) {
      Files.writeString(json, GgufTokenizer.of(file).tokenizerJson());
    }
    return Tokenizer.open(json);
  }

  private static String pieces(Tokenizer tokenizer, int[] ids) {
    TokenDecoder decoder = tokenizer.decoder();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.push(id));
    }
    return text.append(decoder.finish()).toString();
  }

  private static JsonNode texts(String name) throws IOException {
    return Golden.read("sentencepiece/" + name + "/golden.json").path("texts");
  }

  private static int[] ids(JsonNode text, String field) {
    return Golden.ids(text.path(field));
  }
}
