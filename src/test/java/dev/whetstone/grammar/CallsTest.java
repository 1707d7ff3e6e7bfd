package dev.whetstone.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.grammar.schema.CallShapes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls of tools as the masks let them through. */
class CallsTest {
  private static final String CALL =
      "<tool_call>\\n\\{\\s*\"name\":\\s*\"(f|g)\",\\s*\"arguments\":\\s*\\{\\s*\"n\":\\s*[12]\\s*\\}\\s*\\}"
          + "\\n</tool_call>";

  private static TokenGrammar calls(boolean forced, boolean parallel) throws Exception {
    var parameters =
        new ObjectMapper()
            .readTree("{\"properties\": {\"n\": {\"enum\": [1, 2]}}, \"required\": [\"n\"]}");
    return new TokenGrammar(
        Grammar.ofCalls(
            List.of(
                new CallShapes.Tool("f", parameters, true),
                new CallShapes.Tool("g", parameters, false)),
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
}
