package dev.whetstone.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.openai.ChatCompletionRequest.ChatTurn;
import dev.whetstone.grammar.schema.CallStyle;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Conversation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tools and calls as the templates of several families write them. */
class ChatConversationTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOOLS =
      "[{\"type\": \"function\", \"function\": {\"name\": \"weather\", \"parameters\": {}}}]";
  private static final String CHAT =
      "[{\"role\": \"user\", \"content\": \"Rain?\"},"
          + "{\"role\": \"assistant\", \"content\": null, \"tool_calls\": ["
          + call("call_1", "Rome")
          + ", "
          + call("call_2", "Oslo")
          + "]},"
          + "{\"role\": \"tool\", \"tool_call_id\": \"call_1\", \"content\": \"dry\"},"
          + "{\"role\": \"tool\", \"tool_call_id\": \"call_2\", \"content\": \"wet\"}]";

  private static String call(String id, String city) {
    return "{\"id\": \"%s\", \"type\": \"function\", \"function\": {\"name\": \"weather\", \"arguments\": \"{\\\"city\\\": \\\"%s\\\"}\"}}"
        .formatted(id, city);
  }

  private static ChatTemplate template(String name) throws IOException {
    Path file = Path.of("src/test/resources/golden/jinja/templates/" + name + ".jinja");
    return ChatTemplate.of(Files.readString(file), Map.of("bos_token", "<s>", "eos_token", "</s>"));
  }

  private static String render(String name) throws IOException {
    List<ChatTurn> turns = new ArrayList<>();
    for (JsonNode turn : JSON.readTree(CHAT)) {
      turns.add(
          new ChatTurn(
              turn.path("role").asText(),
              turn.get("content"),
              null,
              turn.get("tool_calls"),
              turn.path("tool_call_id").textValue()));
    }
    List<JsonNode> tools = new ArrayList<>();
    JSON.readTree(TOOLS).forEach(tools::add);
    ChatTemplate template = template(name);
    CallStyle style = ToolForms.probe(template).orElse(null);
    return template
        .render(
            new ChatConversation(style, turns, tools)
                .conversation(Conversation.End.ANSWER, Map.of()))
        .text();
  }

  @ParameterizedTest
  @CsvSource({
    "qwen2.5, HERMES",
    "qwen3, HERMES",
    "llama3, LLAMA",
    "mistral, MISTRAL",
    "smollm2,",
    "tiny-reviews,",
    "gemma,",
  })
  void theFormOfATemplateIsFound(String name, CallStyle style) throws Exception {
    assertThat(ToolForms.probe(template(name)).orElse(null)).isEqualTo(style);
  }

  @Test
  void qwensCallsStandBetweenTags() throws Exception {
    assertThat(render("qwen2.5"))
        .contains("{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\"}}\n</tool_call>")
        .contains("<tool_response>\nwet\n</tool_response>");
  }

  @Test
  void llamasCallsComeOneByOneWithTheirAnswers() throws Exception {
    assertThat(render("llama3"))
        .containsSubsequence(
            "{\"name\": \"weather\", \"parameters\": {\"city\": \"Rome\"}}",
            "ipython",
            "dry",
            "{\"name\": \"weather\", \"parameters\": {\"city\": \"Oslo\"}}",
            "ipython",
            "wet");
  }

  @Test
  void mistralsCallsAreOneListWithShortIds() throws Exception {
    String rendered = render("mistral");

    assertThat(rendered)
        .contains("[AVAILABLE_TOOLS] [{\"type\": \"function\"")
        .containsPattern(
            "\\[TOOL_CALLS\\] \\[\\{\"name\": \"weather\", \"arguments\": \\{\"city\": \"Rome\"\\}, \"id\": \"[a-z0-9]{9}\"\\}, \\{")
        .containsPattern("\\[TOOL_RESULTS\\] \\{\"content\": wet, \"call_id\": \"[a-z0-9]{9}\"\\}");
  }

  @Test
  void toolsAreExplainedWhereTheTemplateHasNone() throws Exception {
    assertThat(render("smollm2"))
        .contains("You may call these functions:\n{\"type\":\"function\"")
        .contains("<tool_call>\n{\"name\":\"weather\",\"arguments\":{\"city\":\"Rome\"}}")
        .contains("<tool_response>\nwet\n</tool_response>");
  }
}
