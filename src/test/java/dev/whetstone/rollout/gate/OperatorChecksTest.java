package dev.whetstone.rollout.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OperatorChecksTest {
  private static final int MAX_TOKENS = 20;

  @TempDir Path folder;

  @Test
  void eachRuleIsAppliedToItsAnswer() throws Exception {
    OperatorChecks checks =
        read(
            """
            {"name": "greets", "prompt": "Hi", "must_match": "(?i)hello"}

            {"name": "no apology", "prompt": "A poem", "must_not_match": "(?i)sorry"}
            {"name": "short", "messages": [{"role": "user", "content": "No?"}], "longest": 3}
            {"prompt": "A number", "command": ["grep", "-q", "^[0-9]*$"]}
            """);

    assertThat(checks.brokenBy(List.of("Hello!", "Roses", "yes", "42"))).isEmpty();
    assertThat(checks.brokenBy(List.of("Bye", "I am sorry", "nope", "forty")))
        .containsExactly("greets", "no apology", "short", "line 5");
  }

  /** A command need not read what it judges, however long that is. */
  @Test
  void aCommandMayCloseItsInput() throws Exception {
    OperatorChecks checks = read("{\"prompt\": \"Hi\", \"command\": [\"true\"]}");
    assertThat(checks.brokenBy(List.of("long ".repeat(200_000)))).isEmpty();
  }

  @Test
  void aCommandThatIsMissingIsAnErrorAndNoVerdict() throws Exception {
    OperatorChecks checks = read("{\"prompt\": \"Hi\", \"command\": [\"./no-such-command\"]}");
    assertThatThrownBy(() -> checks.brokenBy(List.of("x")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no-such-command");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'prompt': 'Hi', 'longest': 3 | Unexpected end-of-input",
        "[] | a check is an object",
        "{'prompt': 'Hi'} | one of",
        "{'prompt': 'Hi', 'longest': 3, 'must_match': 'x'} | one of",
        "{'longest': 3} | prompt (a text) or messages",
        "{'prompt': 'Hi', 'must_mach': 'x', 'longest': 3} | unknown field must_mach",
        "{'prompt': 'Hi', 'must_match': '('} | Unclosed group",
        "{'prompt': 'Hi', 'longest': -1} | longest is a number",
        "{'prompt': 'Hi', 'command': 'rm'} | command is a list",
        "{'prompt': 'Hi', 'command': []} | command is a list",
        "{'prompt': '', 'longest': 3} | the prompt has 0 tokens",
        "{'prompt': 'Tell me of the sea and its ships', 'longest': 3} | the prompt has 32 tokens",
        "{'name': 'first', 'prompt': 'Hi', 'longest': 3} | a name stands twice",
      })
  void aMalformedLineIsNamedWithItsFile(String line, String problem) {
    String first = "{\"name\": \"first\", \"prompt\": \"Hi\", \"longest\": 3}\n";
    assertThatThrownBy(() -> read(first + line.replace('\'', '"')))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("line 2 of " + folder.resolve("checks.jsonl"))
        .hasMessageContaining(problem);
  }

  @Test
  void aFileThatIsMissingIsNamed() {
    assertThatThrownBy(() -> OperatorChecks.read(folder.resolve("none"), 9, node -> new int[1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(folder.resolve("none").toString());
  }

  private OperatorChecks read(String lines) throws IOException {
    Path file = Files.writeString(folder.resolve("checks.jsonl"), lines);
    return OperatorChecks.read(file, MAX_TOKENS, OperatorChecksTest::codePoints);
  }

  private static int[] codePoints(JsonNode prompt) {
    String text = prompt.isTextual() ? prompt.asText() : prompt.path(0).path("content").asText();
    return text.codePoints().toArray();
  }
}
