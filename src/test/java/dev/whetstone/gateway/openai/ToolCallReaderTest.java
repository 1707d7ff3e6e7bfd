package dev.whetstone.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.gateway.openai.ToolCallReader.Part;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls are found wherever the text is cut into pieces. */
class ToolCallReaderTest {
  private static final String ANSWER =
      "I look it up. 1 < 2\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": [1, \"<\"]}}\n"
          + "</tool_call>\n<tool_call>\n{\"name\": \"g\", \"arguments\": {}}\n</tool_call>";

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 1000})
  void textAndCallsAreToldApart(int step) {
    List<Part> parts = read(ANSWER, step);

    StringBuilder text = new StringBuilder();
    parts.forEach(part -> text.append(part.text()));
    assertThat(text).hasToString("I look it up. 1 < 2");
    assertThat(parts.stream().filter(part -> part.function() != null))
        .containsExactly(new Part("", "f", "{\"a\":[1,\"<\"]}"), new Part("", "g", "{}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "plain \n text \n",
        "<tool_",
        "<tool_call>\n{\"name\": \"f\", \"arg",
        "<tool_call>no JSON</tool_call>",
        "<tool_call>\n{\"name\": \"f\"}\n</tool_call> more"
      })
  void whatIsNoCallIsText(String answer) {
    for (int step = 1; step < 4; step++) {
      StringBuilder text = new StringBuilder();
      read(answer, step).forEach(part -> text.append(part.text()));

      assertThat(text).hasToString(answer);
    }
  }

  private static List<Part> read(String answer, int step) {
    ToolCallReader reader = new ToolCallReader();
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < answer.length(); i += step) {
      parts.addAll(reader.push(answer.substring(i, Math.min(answer.length(), i + step))));
    }
    parts.addAll(reader.finish());
    return parts;
  }
}
