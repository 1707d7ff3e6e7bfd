package dev.whetstone.gateway.openai.responses;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.openai.ChatCompletionRequest.ChatTurn;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Input items as the turns of a chat. */
class InputItemsTest {
  @Test
  void callsOneAfterTheOtherAreOneMessage() throws Exception {
    String call =
        "{\"type\": \"function_call\", \"call_id\": \"c%d\", \"name\": \"f\", \"arguments\": \"{}\"}";
    String input =
        "[{\"role\": \"user\", \"content\": [{\"type\": \"input_text\", \"text\": \"Hi\"}]}, "
            + call.formatted(1)
            + ", "
            + call.formatted(2)
            + ", {\"type\": \"function_call_output\", \"call_id\": \"c1\", \"output\": \"3\"}]";

    List<ChatTurn> turns = InputItems.turns(new ObjectMapper().readTree(input), "Be brief.");

    assertThat(turns.stream().map(ChatTurn::role))
        .containsExactly("system", "user", "assistant", "tool");
    assertThat(requireNonNull(turns.get(1).content()).asText()).isEqualTo("Hi");
    JsonNode calls = requireNonNull(turns.get(2).toolCalls());
    assertThat(calls).hasSize(2);
    assertThat(calls.at("/1/id").asText()).isEqualTo("c2");
    assertThat(turns.get(3).toolCallId()).isEqualTo("c1");
  }
}
