package dev.whetstone.preference.trl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.text.ChatTemplate;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Preference data of others, read as TRL's. */
class OtherFormsTest {
  private static final ChatTemplate TEMPLATE =
      ChatTemplate.of(
          "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}", Map.of());

  private static TrlPair read(String line) throws PairFormatException {
    return new TrlReader(new ObjectMapper().reader(), Optional.of(TEMPLATE)).read(line);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"input\": {\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"tools\": []},"
            + " \"preferred_output\": [{\"role\": \"assistant\", \"content\": \"Yes\"}],"
            + " \"non_preferred_output\": [{\"role\": \"assistant\", \"content\": \"No\"}]}",
        "{\"system\": \"\", \"question\": \"Hi\", \"chosen\": \"Yes\", \"rejected\": \"No\"}",
        "{\"prompt\": \"Hi\", \"chosen\": [{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\":"
            + " \"assistant\", \"content\": \"Yes\"}], \"rejected\": [{\"role\": \"user\", \"content\":"
            + " \"Hi\"}, {\"role\": \"assistant\", \"content\": \"No\"}]}",
        "{\"prompt\": \"Hi\", \"chosen\": [{\"role\": \"assistant\", \"content\": \"Yes\"}],"
            + " \"rejected\": [{\"role\": \"assistant\", \"content\": \"No\"}]}",
      })
  void eachFormIsAQuestionWithTwoAnswers(String line) throws Exception {
    TrlPair pair = read(line);

    assertThat(pair.prompt()).isEqualTo("user: Hi\n");
    assertThat(pair.chosen()).isEqualTo("Yes");
    assertThat(pair.rejected()).isEqualTo("No");
  }

  @Test
  void theSystemMessageComesFirst() throws Exception {
    TrlPair pair =
        read("{\"system\": \"S\", \"question\": \"Q\", \"chosen\": \"a\", \"rejected\": \"b\"}");

    assertThat(pair.prompt()).isEqualTo("system: S\nuser: Q\n");
  }

  @Test
  void aFileMayBeginWithAByteOrderMark() throws Exception {
    byte[] file = "\ufeff{}\n\ufeff{}".getBytes(StandardCharsets.UTF_8);
    LineReader lines = new LineReader(new ByteArrayInputStream(file), 100);

    assertThat(lines.next()).isEqualTo("{}");
    assertThat(lines.next()).isEqualTo("\ufeff{}");
  }
}
