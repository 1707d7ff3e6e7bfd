package dev.whetstone.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which tokens end a completion, and which of them ends a turn. */
class EndTokensTest {
  private static final int NORMAL = 1;
  private static final List<String> TOKENS =
      List.of("a", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<EOT>", "<bye>");

  @TempDir Path folder;

  @Test
  void aGgufFileEndsAtItsEosThenAtKnownControlTokens() throws IOException {
    assertThat(ends(file(3))).containsExactly(3, 1);
    assertThat(ends(file(1))).containsExactly(1, 3);
  }

  @Test
  void endsThatTheMetadataNameAreAdded() throws IOException {
    GgufBytes file =
        file(1).number("tokenizer.ggml.eot_token_id", 3).number("tokenizer.ggml.eom_token_id", 5);

    assertThat(ends(file)).containsExactly(1, 3, 5);
  }

  @Test
  void theTokenizersEosIsTheEndOfTurnOfADirectory() throws IOException {
    ModelConfig config = SmallModels.llama();
    Files.writeString(folder.resolve("config.json"), HuggingFaceConfig.write(config));
    Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": [2, 9, 7]}");
    assertThat(HuggingFaceConfig.read(folder).endOfTurn()).isEqualTo(2);

    for (String token : List.of("\"<|eot_id|>\"", "{\"content\": \"<|eot_id|>\"}")) {
      Files.writeString(
          folder.resolve("tokenizer_config.json"),
          """
          {"eos_token": %s, "added_tokens_decoder": {
            "x": {"content": "<|eot_id|>"}, "7": {"content": "<|eot_id|>"}}}
          """
              .formatted(token));

      ModelConfig read = HuggingFaceConfig.read(folder);

      assertThat(read.endOfTurn()).isEqualTo(7);
      assertThat(read.eosIds()).containsExactly(7, 2, 9);
    }
  }

  @Test
  void theOrderOfEndsIsKeptOnDisk() throws IOException {
    Files.writeString(folder.resolve("config.json"), HuggingFaceConfig.write(SmallModels.llama()));
    Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": [9, 4]}");
    ModelConfig first = HuggingFaceConfig.read(folder);
    Files.delete(folder.resolve("generation_config.json"));
    Files.writeString(folder.resolve("config.json"), HuggingFaceConfig.write(first));

    assertThat(HuggingFaceConfig.read(folder).eosIds()).containsExactly(2, 9, 4);
  }

  private GgufBytes file(int eos) {
    return new GgufBytes()
        .number("tokenizer.ggml.eos_token_id", eos)
        .list("tokenizer.ggml.tokens", 8, TOKENS.size(), TOKENS::get)
        .list(
            "tokenizer.ggml.token_type",
            5,
            TOKENS.size(),
            id -> (id >= 1 && id <= 3) || id == 5 ? GgufTokenizer.CONTROL : NORMAL);
  }

  private List<Integer> ends(GgufBytes file) throws IOException {
    Path path = Files.write(folder.resolve("m.gguf"), file.bytes());
    try (GgufFile gguf = GgufFile.open(path)) {
      return List.copyOf(EndTokens.of(gguf));
    }
  }
}
