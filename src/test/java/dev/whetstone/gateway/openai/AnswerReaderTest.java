package dev.whetstone.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.gateway.openai.AnswerPart.Reasoning;
import dev.whetstone.grammar.schema.CallStyle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Thoughts, calls and text are told apart wherever the answer is cut into pieces. */
class AnswerReaderTest {
  private static final String HERMES =
      "I look it up. 1 < 2\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": [1, \"<\"]}}\n"
          + "</tool_call>\n<tool_call>\n{\"name\": \"g\", \"arguments\": {}}\n</tool_call>";
  private static final String MISTRAL =
      "I look it up. 1 < 2 [1] [{\"name\": \"f\", \"arguments\": {\"a\": [1, \"<\"]}},"
          + " {\"name\": \"g\", \"arguments\": {}}]";
  private static final String LLAMA =
      "{\"name\": \"f\", \"parameters\": {\"a\": [1, \"}\\\"\"]}}; {\"name\": \"g\","
          + " \"parameters\": {}}";

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 1000})
  void callsBetweenTagsAreTakenOutOfTheText(int step) {
    List<AnswerPart> parts = read(form(CallStyle.HERMES), HERMES, step);

    assertThat(text(parts)).isEqualTo("I look it up. 1 < 2");
    assertThat(calls(parts))
        .containsExactly(new Called("f", "{\"a\": [1, \"<\"]}"), new Called("g", "{}"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 1000})
  void aListOfCallsMayFollowItsMarkOrNone(int step) {
    for (String answer : List.of(MISTRAL, MISTRAL.replace(" [{", "[TOOL_CALLS] [{"))) {
      List<AnswerPart> parts = read(form(CallStyle.MISTRAL), answer, step);

      assertThat(text(parts)).isEqualTo("I look it up. 1 < 2 [1]");
      assertThat(calls(parts))
          .containsExactly(new Called("f", "{\"a\": [1, \"<\"]}"), new Called("g", "{}"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 1000})
  void aWholeAnswerMayBeACall(int step) {
    List<AnswerPart> parts = read(form(CallStyle.LLAMA), LLAMA, step);

    assertThat(text(parts)).isEmpty();
    assertThat(calls(parts))
        .containsExactly(new Called("f", "{\"a\": [1, \"}\\\"\"]}"), new Called("g", "{}"));
    assertThat(calls(read(form(CallStyle.LLAMA), "So: " + LLAMA, step))).isEmpty();
  }

  @Test
  void argumentsArePassedOnAsTheyAreWritten() {
    AnswerReader reader = new AnswerReader(form(CallStyle.HERMES));

    assertThat(reader.push("<tool_call>\n{\"name\": \"f\", \"arguments\": ")).isEmpty();
    assertThat(reader.push("{\"a\": [1"))
        .containsExactly(new AnswerPart.Call("f"), new AnswerPart.Arguments("{\"a\": [1"));
    assertThat(reader.push(", 2]}}")).containsExactly(new AnswerPart.Arguments(", 2]}"));
    assertThat(reader.push("\n</tool_call>")).isEmpty();
    assertThat(reader.finish()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(CallStyle.class)
  void aCallThatIsCutOffInItsArgumentsIsOneStill(CallStyle style) {
    String open =
        switch (style) {
          case HERMES -> "<tool_call>\n";
          case LLAMA -> "";
          case MISTRAL -> "[";
        };
    String answer = open + "{\"name\": \"f\", \"" + style.arguments() + "\": {\"a\": \"b";
    for (int step = 1; step < 5; step++) {
      List<AnswerPart> parts = read(form(style), answer, step);

      assertThat(calls(parts)).containsExactly(new Called("f", "{\"a\": \"b"));
      assertThat(text(parts)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(CallStyle.class)
  void whatIsNoCallIsText(CallStyle style) {
    for (String answer :
        List.of(
            "",
            "plain \n text \n",
            "<tool_",
            "<tool_call>\n{\"name\": \"f\", \"arg",
            "<tool_call>no JSON</tool_call>",
            "So\n<tool_call>no JSON</tool_call>",
            "<tool_call>\n{\"name\": \"f\"}\n</tool_call> more",
            "{\"name\": \"Bob\", \"age\": 3} more",
            "{\"name\": \"f\", \"param",
            "[{\"name\": \"Bob\"}]",
            "see [1], [",
            "[TOOL_CALLS] [",
            "{\"names\": []}; and")) {
      for (int step = 1; step < 4; step++) {
        assertThat(text(read(form(style), answer, step))).isEqualTo(answer);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "false|<think>\\nHm, 1 < 2.\\n</think>\\n\\nYes <think>",
        "false|\\n<think>Hm, 1 < 2.</think>Yes <think>",
        "true|\\nHm, 1 < 2.\\n</think>\\n\\nYes <think>",
      })
  void thoughtsComeBeforeTheText(boolean begun, String written) {
    String answer = written.replace("\\n", "\n");
    for (int step = 1; step < 12; step++) {
      List<AnswerPart> parts = read(new AnswerReader.Form(true, begun, null), answer, step);

      assertThat(thoughts(parts)).isEqualTo("Hm, 1 < 2.");
      assertThat(text(parts)).isEqualTo("Yes <think>");
    }
  }

  @Test
  void thoughtsThatDoNotEndAreNoText() {
    AnswerReader.Form form = new AnswerReader.Form(true, false, CallStyle.HERMES);

    List<AnswerPart> cut = read(form, "<think>\nWell \n", 1);
    List<AnswerPart> called = read(form, "<think>A</think>\n" + HERMES, 3);

    assertThat(cut).allMatch(part -> part instanceof Reasoning);
    assertThat(thoughts(cut)).isEqualTo("Well");
    assertThat(calls(called)).hasSize(2);
    assertThat(text(read(form, " <thin", 1))).isEqualTo(" <thin");
  }

  private static AnswerReader.Form form(@Nullable CallStyle calls) {
    return new AnswerReader.Form(false, false, calls);
  }

  private static List<AnswerPart> read(AnswerReader.Form form, String answer, int step) {
    AnswerReader reader = new AnswerReader(form);
    List<AnswerPart> parts = new ArrayList<>();
    for (int i = 0; i < answer.length(); i += step) {
      parts.addAll(reader.push(answer.substring(i, Math.min(answer.length(), i + step))));
    }
    parts.addAll(reader.finish());
    return parts;
  }

  private static String text(List<AnswerPart> parts) {
    StringBuilder text = new StringBuilder();
    parts.forEach(part -> text.append(part instanceof AnswerPart.Text(String t) ? t : ""));
    return text.toString();
  }

  private static String thoughts(List<AnswerPart> parts) {
    StringBuilder text = new StringBuilder();
    parts.forEach(part -> text.append(part instanceof Reasoning(String t) ? t : ""));
    return text.toString();
  }

  private record Called(String function, String arguments) {}

  private static List<Called> calls(List<AnswerPart> parts) {
    List<Called> calls = new ArrayList<>();
    for (AnswerPart part : parts) {
      if (part instanceof AnswerPart.Call(String function)) {
        calls.add(new Called(function, ""));
      } else if (part instanceof AnswerPart.Arguments(String json)) {
        Called begun = calls.removeLast();
        calls.add(new Called(begun.function(), begun.arguments() + json));
      }
    }
    return calls;
  }
}
