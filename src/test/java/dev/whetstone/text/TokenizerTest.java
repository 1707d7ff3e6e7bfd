package dev.whetstone.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {
  private static Tokenizer tokenizer;

  @BeforeAll
  static void open() throws IOException {
    tokenizer = Tokenizer.open(Path.of("models/tiny-reviews/tokenizer.json"));
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  @Test
  void promptsAndCompletionsHaveTheGoldenIds() throws IOException {
    for (JsonNode golden : Golden.read("tiny-forward.json")) {
      assertThat(tokenizer.encode(golden.path("rendered").asText(), false))
          .isEqualTo(Golden.ids(golden.path("prompt_ids")));
      assertThat(tokenizer.encode(golden.path("completion").asText() + "<|im_end|>", false))
          .isEqualTo(Golden.ids(golden.path("completion_ids")));
      assertThat(tokenizer.decode(Golden.ids(golden.path("greedy_ids")), true))
          .isEqualTo(golden.path("greedy_text").asText());
    }
  }

  @Test
  void decodingReversesEncoding() {
    for (String text : List.of("", "\0\u0001 \r\n", "日本語 👩‍👩‍👧‍👦 é", "  ", "𝒜")) {
      assertThat(tokenizer.decode(tokenizer.encode(text, false), false)).isEqualTo(text);
    }
  }

  @Test
  void halfASurrogatePairBecomesTheReplacementCharacter() {
    assertThat(tokenizer.decode(tokenizer.encode("a\ud83db\udc69", true), true))
        .isEqualTo("a\ufffdb\ufffd");
  }

  @Test
  void specialTokensAreWrittenOrSkipped() {
    int[] ids = tokenizer.encode("<|im_start|>user<|im_end|>", false);

    assertThat(ids).startsWith(1).endsWith(2);
    assertThat(tokenizer.decode(ids, false)).isEqualTo("<|im_start|>user<|im_end|>");
    assertThat(tokenizer.decode(ids, true)).isEqualTo("user");
  }

  @Test
  void idsWithoutATokenAreSkipped() {
    int[] ids = {-1, 43, tokenizer.vocabularySize(), Integer.MAX_VALUE};

    assertThat(tokenizer.decode(ids, true)).isEqualTo(tokenizer.decode(new int[] {43}, true));
    assertThat(pieces(ids)).isEqualTo(tokenizer.decode(ids, true));
  }

  @Test
  void longTextIsNotCutShort() {
    assertThat(tokenizer.encode("word ".repeat(5000), false)).hasSizeGreaterThan(5000);
  }

  @Test
  void decodingPieceByPieceIsDecodingAtOnce() {
    RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
    for (int i = 0; i < 2000; i++) {
      int[] ids = random.ints(random.nextInt(24), 0, tokenizer.vocabularySize()).toArray();
      assertThat(pieces(ids)).as(Arrays.toString(ids)).isEqualTo(tokenizer.decode(ids, true));
    }
  }

  @Test
  void aPieceNeverSplitsACharacter() {
    TokenDecoder decoder = tokenizer.decoder();
    for (int id : tokenizer.encode("👩‍👩‍👧‍👦 日本語 𝒜", false)) {
      String piece = decoder.push(id);
      assertThat(piece).doesNotContain("\ufffd");
      assertThat(piece.codePoints()).allMatch(Character::isDefined);
    }
    assertThat(decoder.finish()).isEmpty();
  }

  @Test
  void manyThreadsGetTheSameIds() {
    String text = "I loved the song. 日本語 ".repeat(20);
    int[] expected = tokenizer.encode(text, false);

    assertThat(IntStream.range(0, 400).parallel().mapToObj(i -> tokenizer.encode(text, false)))
        .allSatisfy(ids -> assertThat(ids).isEqualTo(expected));
  }

  @Test
  void aTokenizerWithoutAVocabularyIsRefused(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("tokenizer.json"), "{\"decoder\": null}");

    assertThatThrownBy(() -> Tokenizer.open(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has no vocabulary");
  }

  private static String pieces(int[] ids) {
    TokenDecoder decoder = tokenizer.decoder();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.push(id));
    }
    return text.append(decoder.finish()).toString();
  }
}
