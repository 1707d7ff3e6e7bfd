package dev.whetstone.dpo.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.preference.trl.PairTokenizer;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PairFileTest {
  private static final Path TINY = Path.of("models/tiny-reviews");
  private static final int END = 2;

  private static final String PROMPT =
      "<|im_start|>user\\nHow was the film?<|im_end|>\\n<|im_start|>assistant\\n";
  private static final String GOOD = "I loved the film.";
  private static final String BAD = "I hated the film.";

  private static Tokenizer tokenizer;
  private static PairTokenizer pairTokenizer;

  @TempDir Path directory;

  @BeforeAll
  static void open() throws IOException {
    tokenizer = Tokenizer.open(TINY.resolve("tokenizer.json"));
    ChatTemplate template =
        ChatTemplate.of(Files.readString(TINY.resolve("chat_template.jinja")), Map.of());
    pairTokenizer = new PairTokenizer(tokenizer, Optional.of(template), END, "base");
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // texts, with the rendered prompt
        "{'prompt': '%1$s', 'chosen': '%2$s', 'rejected': '%3$s'}",
        "{'prompt': '%1$s', 'chosen': '%2$s<|im_end|>', 'rejected': '%3$s<|im_end|>'}",
        // messages
        "{'prompt': [%4$s], 'chosen': [%5$s], 'rejected': [%6$s]}",
        // messages, with the prompt repeated in both answers
        "{'chosen': [%4$s, %5$s], 'rejected': [%4$s, %6$s], 'score': 4}"
      })
  void everyFormGivesTheSameIds(String form) throws IOException {
    String line =
        form.formatted(
                PROMPT,
                GOOD,
                BAD,
                message("user", "How was the film?"),
                message("assistant", GOOD),
                message("assistant", BAD))
            .replace('\'', '"');

    TokenPair pair = read(line).getFirst();

    assertThat(tokenizer.decode(pair.prompt(), false)).isEqualTo(PROMPT.replace("\\n", "\n"));
    assertThat(pair.chosen()).isEqualTo(ended(GOOD));
    assertThat(pair.rejected()).isEqualTo(ended(BAD));
  }

  @Test
  void aPromptInBothTextsIsFound() throws IOException {
    TokenPair pair =
        read("{\"chosen\": \"%s%s\", \"rejected\": \"%s%s\"}".formatted(PROMPT, GOOD, PROMPT, BAD))
            .getFirst();

    // The answers differ after "I "; like TRL, the space belongs to the answers.
    assertThat(tokenizer.decode(pair.prompt(), false)).endsWith("assistant\nI");
    assertThat(pair.chosen()).isEqualTo(ended(" loved the film."));
    assertThat(pair.rejected()).isEqualTo(ended(" hated the film."));
  }

  @Test
  void theGoldenRunsPairsAreTheirIds() throws IOException {
    JsonNode golden =
        new ObjectMapper()
            .readTree(Path.of("src/test/resources/golden/train-tiny-sigmoid/run.json").toFile())
            .path("pairs");
    StringBuilder lines = new StringBuilder();
    golden.forEach(pair -> lines.append(pair).append('\n'));

    List<TokenPair> pairs = read(lines.toString());

    assertThat(pairs).hasSize(golden.size());
    for (int i = 0; i < pairs.size(); i++) {
      assertThat(pairs.get(i).id()).isEqualTo("line " + (i + 1));
      assertThat(Arrays.toString(pairs.get(i).prompt()).replace(" ", ""))
          .isEqualTo(golden.path(i).path("prompt_ids").toString());
      assertThat(Arrays.toString(pairs.get(i).chosen()).replace(" ", ""))
          .isEqualTo(golden.path(i).path("chosen_ids").toString());
    }
  }

  @Test
  void idsKeepAtMostOneEndToken() throws IOException {
    TokenPair pair =
        read("{\"prompt_ids\": [5], \"chosen_ids\": [7, 2, 2], \"rejected_ids\": [8, 9]}")
            .getFirst();

    assertThat(pair.chosen()).containsExactly(7, END);
    assertThat(pair.rejected()).containsExactly(8, 9);
  }

  @Test
  void everyBadLineIsReportedByItsNumber() {
    String good = "{\"prompt_ids\": [5], \"chosen_ids\": [7, 2], \"rejected_ids\": [8, 2]}";
    String file =
        String.join(
            "\n",
            good,
            "{",
            "",
            "[1]",
            "{\"prompt\": \"p\", \"chosen\": \"c\"}",
            "{\"prompt_ids\": [5], \"chosen_ids\": [], \"rejected_ids\": [8]}",
            "{\"prompt_ids\": [5], \"chosen_ids\": [512], \"rejected_ids\": [8]}",
            "{\"prompt_ids\": [5], \"chosen_ids\": [1.5], \"rejected_ids\": [8]}",
            good);

    assertThatThrownBy(() -> read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("line 2: not JSON")
        .hasMessageContaining("line 4: not a JSON object")
        .hasMessageContaining("line 5: chosen and rejected must both be")
        .hasMessageContaining("line 6: pair line 6: chosen has no tokens")
        .hasMessageContaining("line 7: token ids must be below 512")
        .hasMessageContaining("line 8: chosen_ids must be a list of token ids")
        .hasMessageNotContaining("line 1:")
        .hasMessageNotContaining("line 3:")
        .hasMessageNotContaining("line 9:");
  }

  @Test
  void anEmptyFileIsRefused() {
    assertThatThrownBy(() -> read("\n")).hasMessageContaining("has no pairs");
  }

  private static String message(String role, String content) {
    return "{'role': '%s', 'content': '%s'}".formatted(role, content);
  }

  private static int[] ended(String text) {
    return tokenizer.encode(text + "<|im_end|>", false);
  }

  private List<TokenPair> read(String lines) throws IOException {
    return PairFile.read(Files.writeString(directory.resolve("pairs.jsonl"), lines), pairTokenizer);
  }
}
