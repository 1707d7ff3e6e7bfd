package dev.whetstone.gateway.openai.responses;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import dev.whetstone.gateway.http.EventWriter;
import dev.whetstone.gateway.openai.AnswerPart;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The events of thoughts, a text and a call, one after the other. */
class OutputWriterTest {
  private static final ObjectMapper JSON =
      new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final OutputWriter output = new OutputWriter(new EventWriter(bytes, JSON));

  @Test
  void eachItemEndsBeforeTheNextBegins() throws Exception {
    output.add(new AnswerPart.Reasoning("Hm"), List.of());
    output.add(new AnswerPart.Text("Yes"), List.of());
    output.add(new AnswerPart.Text("!"), List.of());
    output.add(new AnswerPart.Call("f"), List.of());
    output.add(new AnswerPart.Arguments("{\"a\""), List.of());
    output.add(new AnswerPart.Arguments(":1}"), List.of());
    output.finish("completed");

    List<JsonNode> events = events();
    assertThat(events.stream().map(e -> e.path("output_index") + " " + e.path("type").asText()))
        .containsExactly(
            "0 response.output_item.added",
            "0 response.content_part.added",
            "0 response.reasoning_text.delta",
            "0 response.reasoning_text.done",
            "0 response.content_part.done",
            "0 response.output_item.done",
            "1 response.output_item.added",
            "1 response.content_part.added",
            "1 response.output_text.delta",
            "1 response.output_text.delta",
            "1 response.output_text.done",
            "1 response.content_part.done",
            "1 response.output_item.done",
            "2 response.output_item.added",
            "2 response.function_call_arguments.delta",
            "2 response.function_call_arguments.delta",
            "2 response.function_call_arguments.done",
            "2 response.output_item.done");
    assertThat(events.get(10).path("text").asText()).isEqualTo("Yes!");
    assertThat(events.get(12).at("/item/content/0/text").asText()).isEqualTo("Yes!");
    assertThat(events.get(12).at("/item/id")).isEqualTo(events.get(8).path("item_id"));
    assertThat(events.get(13).at("/item/arguments").asText("-")).isEmpty();
    assertThat(events.get(17).at("/item/arguments").asText()).isEqualTo("{\"a\":1}");
    assertThat(output.items()).hasSize(3);
  }

  @Test
  void anAnswerOfNothingIsAnEmptyMessage() throws Exception {
    output.finish("incomplete");

    assertThat(events().getLast().at("/item/status").asText()).isEqualTo("incomplete");
    assertThat(events().getLast().at("/item/content/0/text").asText("-")).isEmpty();
  }

  private List<JsonNode> events() throws Exception {
    List<JsonNode> events = new ArrayList<>();
    for (String line : bytes.toString(UTF_8).lines().toList()) {
      if (line.startsWith("data: ")) {
        events.add(JSON.readTree(line.substring(6)));
        assertThat(events.getLast().path("sequence_number").asInt()).isEqualTo(events.size() - 1);
      }
    }
    return events;
  }
}
