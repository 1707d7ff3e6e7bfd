package dev.whetstone.preference.trl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
        // Label Studio's template for pairs: the right answer won
        "{\"id\": 1, \"annotations\": [{\"was_cancelled\": true, \"result\": []}, {\"result\": [{\"value\":"
            + " {\"selected\": \"right\"}, \"from_name\": \"comparison\", \"to_name\": \"answer1\", \"type\":"
            + " \"pairwise\"}]}], \"data\": {\"prompt\": \"Hi\", \"answer1\": \"No\", \"answer2\": \"Yes\"}}",
        // Argilla 2, a label and a ranking
        "{\"id\": \"1\", \"fields\": {\"prompt\": \"Hi\", \"response_a\": \"Yes\", \"response_b\": \"No\"},"
            + " \"responses\": {\"better\": [{\"value\": \"response_a\", \"user_id\": \"u\"}]}}",
        "{\"id\": \"1\", \"fields\": {\"instruction\": \"Hi\", \"response1\": \"No\", \"response2\": \"Yes\"},"
            + " \"suggestions\": {}, \"responses\": {\"rank\": [{\"value\": [\"response2\", \"response1\"]}],"
            + " \"comment\": [{\"value\": \"fine\"}]}}",
        // Argilla 1
        "{\"fields\": {\"prompt\": \"Hi\", \"response1\": \"No\", \"response2\": \"Yes\"}, \"responses\":"
            + " {\"preference\": [{\"value\": [{\"rank\": 2, \"value\": \"response1\"}, {\"rank\": 1, \"value\":"
            + " \"response2\"}]}]}}",
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

  @Test
  void whatAnnotatorsDidNotDecideIsRefused() {
    String record =
        "{\"fields\": {\"prompt\": \"Hi\", \"a\": \"Yes\", \"b\": \"No\"}, \"responses\": {\"q\": [%s]}}";

    assertThatThrownBy(() -> read(record.formatted("")))
        .hasMessage("no annotator chose between a and b");
    assertThatThrownBy(() -> read(record.formatted("{\"value\": \"a\"}, {\"value\": \"b\"}")))
        .hasMessage("the annotators disagree about a and b");
    assertThatThrownBy(() -> read("{\"data\": {\"text\": \"Hi\"}, \"annotations\": []}"))
        .hasMessageContaining("two answers");
  }

  @Test
  void aRowOfTrlThatWasJudgedAgainKeepsItsForm() throws Exception {
    String data = "{\"prompt\": \"Hi\", \"chosen\": \" no\", \"rejected\": \" yes\"}";
    TrlPair pair =
        read(
            "{\"data\": %s, \"annotations\": [{\"result\": [{\"value\": {\"selected\": \"right\"}}]}]}"
                .formatted(data));

    assertThat(pair.prompt()).isEqualTo("Hi");
    assertThat(pair.chosen()).isEqualTo(" yes");
  }

  @Test
  void turnsAfterThePromptThatBothSidesShareBelongToIt() throws Exception {
    String turns =
        "[{\"role\": \"assistant\", \"content\": \"Hello\"}, {\"role\": \"user\", \"content\": \"And?\"},"
            + " {\"role\": \"assistant\", \"content\": \"%s\"}]";
    String row =
        "{\"prompt\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"chosen\": "
            + turns.formatted("Yes")
            + ", \"rejected\": "
            + turns.formatted("No")
            + "}";
    TrlPair pair = read(row);

    assertThat(pair.prompt()).isEqualTo("user: Hi\nassistant: Hello\nuser: And?\n");
    assertThat(pair.chosen()).isEqualTo("Yes");
    assertThatThrownBy(() -> read(row.replaceFirst("Hello", "Hm")))
        .hasMessageContaining("one assistant message after the turns that both sides share");
  }

  @Test
  void aFileMayBeOneList() throws Exception {
    String file =
        "\ufeff [\n  {\"a\": \"}],[\\\"é\"},\n\n{\"b\": [1, 2]} ,3,\"c\", {\"d\": \"%s\"}, {}]\n"
            .formatted("x".repeat(100));
    LineReader lines =
        new LineReader(new ByteArrayInputStream(file.getBytes(StandardCharsets.UTF_8)), 50);

    assertThat(lines.next()).isEqualTo("{\"a\": \"}],[\\\"é\"}");
    assertThat(lines.next()).isEqualTo("{\"b\": [1, 2]}");
    assertThat(lines.next()).isEqualTo("3");
    assertThat(lines.next()).isEqualTo("\"c\"");
    assertThatThrownBy(lines::next).hasMessageContaining("longer than 50 bytes");
    assertThat(lines.lineNumber()).isEqualTo(5);
    assertThat(lines.next()).isEqualTo("{}");
    assertThat(lines.next()).isNull();
  }

  @Test
  void aListThatDoesNotEndIsTold() throws Exception {
    LineReader lines =
        new LineReader(new ByteArrayInputStream("[{}".getBytes(StandardCharsets.UTF_8)), 50);

    assertThat(lines.next()).isEqualTo("{}");
    assertThatThrownBy(lines::next).hasMessage("the list does not end");
    assertThat(lines.next()).isNull();
  }
}
