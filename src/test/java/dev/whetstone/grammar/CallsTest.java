package dev.whetstone.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.grammar.schema.CallShapes;
import dev.whetstone.grammar.schema.CallStyle;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls of tools as the masks let them through. */
class CallsTest {
  private static final String CALL =
      "<tool_call>\\n\\{\\s*\"name\":\\s*\"(f|g)\",\\s*\"arguments\":\\s*\\{\\s*\"n\":\\s*[12]\\s*\\}\\s*\\}"
          + "\\n</tool_call>";

  private static TokenGrammar calls(boolean forced, boolean parallel) throws Exception {
    return calls(CallStyle.HERMES, forced, parallel);
  }

  private static TokenGrammar calls(CallStyle style, boolean forced, boolean parallel)
      throws Exception {
    var parameters =
        new ObjectMapper()
            .readTree("{\"properties\": {\"n\": {\"enum\": [1, 2]}}, \"required\": [\"n\"]}");
    return new TokenGrammar(
        Grammar.ofCalls(
            List.of(
                new CallShapes.Tool("f", parameters, true),
                new CallShapes.Tool("g", parameters, false)),
            style,
            forced,
            parallel),
        Vocabularies.small());
  }

  private static String write(TokenGrammar grammar, String text) {
    GrammarMatcher matcher = grammar.start();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      int token = 1 + (bytes[i] & 0xff);
      if (!mayFollow(matcher, token)) {
        return text.substring(0, i);
      }
      matcher.accept(token);
    }
    return mayFollow(matcher, Vocabularies.END) ? text : text + "…";
  }

  private static boolean mayFollow(GrammarMatcher matcher, int token) {
    return (matcher.mask()[token >> 6] & 1L << token) != 0;
  }

  @Test
  void aForcedCallKeepsToItsTool() throws Exception {
    for (int seed = 0; seed < 50; seed++) {
      String text =
          new RandomWalk(Vocabularies.pieces(), seed).text(calls(true, false)).orElseThrow();

      assertThat(text).matches(CALL);
    }
  }

  @Test
  void textIsFreeUntilACallHasBegun() throws Exception {
    String call = "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"n\": 1}}\n</tool_call>";

    assertThat(write(calls(false, false), "1 < 2, <tool_<tool_cal")).endsWith("<tool_cal");
    assertThat(write(calls(false, false), "So: " + call)).isEqualTo("So: " + call);
    assertThat(write(calls(false, false), call.replace("\"f\"", "\"h\""))).endsWith("\"name\": \"");
    assertThat(write(calls(false, true), call + "\n" + call)).isEqualTo(call + "\n" + call);
    assertThat(write(calls(false, false), call + "\n")).isEqualTo(call);
    assertThat(write(calls(true, false), "So: " + call)).isEmpty();
  }

  @Test
  void aCallOfLlamaIsTheWholeAnswer() throws Exception {
    String call = "{\"name\": \"f\", \"parameters\": {\"n\": 1}}";
    TokenGrammar free = calls(CallStyle.LLAMA, false, false);

    assertThat(write(free, call)).isEqualTo(call);
    assertThat(write(free, call + ";")).isEqualTo(call);
    assertThat(write(free, call.replace("\"f\"", "\"h\""))).isEqualTo("{\"name\": \"");
    assertThat(write(free, "So: {\"name\": \"Bob\"}")).isEqualTo("So: {\"name\": \"Bob\"}");
    assertThat(write(free, "{\"names\": 1}")).isEqualTo("{\"names\": 1}");
    assertThat(write(calls(CallStyle.LLAMA, true, false), call)).isEqualTo(call);
    assertThat(write(calls(CallStyle.LLAMA, true, false), "So")).isEmpty();
  }

  @Test
  void callsOfMistralAreAListAfterTheirMark() throws Exception {
    String call = "{\"name\": \"f\", \"arguments\": {\"n\": 1}}";
    String two = "[TOOL_CALLS] [" + call + ", " + call + "]";

    assertThat(write(calls(CallStyle.MISTRAL, false, true), "So [1] " + two))
        .isEqualTo("So [1] " + two);
    assertThat(write(calls(CallStyle.MISTRAL, false, false), two)).endsWith("}}");
    assertThat(write(calls(CallStyle.MISTRAL, false, true), "[TOOL_CALLS] [{\"name\": \"h"))
        .endsWith("\"name\": \"");
    assertThat(write(calls(CallStyle.MISTRAL, true, true), two)).isEqualTo(two);
    assertThat(write(calls(CallStyle.MISTRAL, true, true), "So")).isEmpty();
  }

  @Test
  void theMarkOfMistralMayBeATokenWithoutText() throws Exception {
    String call = "[{\"name\": \"f\", \"arguments\": {\"n\": 1}}]";
    for (boolean forced : new boolean[] {true, false}) {
      GrammarMatcher matcher = calls(CallStyle.MISTRAL, forced, true).start();
      int mark = 1 + CallStyle.MARK_BYTE;

      assertThat(mayFollow(matcher, mark)).isTrue();
      matcher.accept(mark);
      assertThat(mayFollow(matcher, 1 + 'S')).isFalse();
      for (byte b : call.getBytes(StandardCharsets.UTF_8)) {
        assertThat(mayFollow(matcher, 1 + b)).isTrue();
        assertThat(mayFollow(matcher, mark)).isFalse();
        matcher.accept(1 + b);
      }
      assertThat(mayFollow(matcher, Vocabularies.END)).isTrue();
    }
  }
}
