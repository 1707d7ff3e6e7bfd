package dev.whetstone.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The expected texts are the output of Jinja2 with Hugging Face's settings. */
class ChatTemplateTest {
  private static final Map<String, String> LLAMA =
      Map.of("bos_token", "<|begin_of_text|>", "eos_token", "<|eot_id|>");
  private static final List<Message> THREE_TURNS =
      List.of(
          new Message("user", " Hi "),
          new Message("assistant", "Hello."),
          new Message("user", "Bye"));

  private static String render(String template, List<Message> messages, boolean prompt) {
    return ChatTemplate.of(template, LLAMA).render(messages, prompt).text();
  }

  @Test
  void theTinyModelsPromptsAreTheGoldenOnes() throws IOException {
    String template = Files.readString(Path.of("models/tiny-reviews/chat_template.jinja"));
    for (JsonNode golden : Golden.read("tiny-forward.json")) {
      assertThat(render(template, Golden.messages(golden), true))
          .isEqualTo(golden.path("rendered").asText());
    }
  }

  @Test
  void smolLm2sPromptsAreTheGoldenOnes() throws IOException {
    for (JsonNode golden : Golden.read("smollm2-forward.json")) {
      assertThat(render(SMOLLM2, Golden.messages(golden), true))
          .isEqualTo(golden.path("rendered").asText());
    }
  }

  @Test
  void theGenerationPromptIsOnlyThereWhenAskedFor() {
    assertThat(render(SMOLLM2, List.of(new Message("system", "S")), false))
        .isEqualTo("<|im_start|>system\nS<|im_end|>\n");
  }

  @Test
  void theLastMessageMayStayOpen() {
    List<Message> begun =
        List.of(new Message("user", "Hi"), new Message("assistant", "  The answer is "));
    Conversation open = Conversation.of(begun, Conversation.End.OPEN_MESSAGE);
    String keeps = "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}";
    String trims = keeps.replace("m.content", "m.content | trim");

    assertThat(ChatTemplate.of(keeps, Map.of()).render(open).text())
        .isEqualTo("<user>Hi</s><assistant>  The answer is ");
    assertThat(ChatTemplate.of(trims, Map.of()).render(open).text())
        .isEqualTo("<user>Hi</s><assistant>The answer is");
    ChatTemplate deaf = ChatTemplate.of("nothing", Map.of());
    assertThatThrownBy(() -> deaf.render(open)).hasMessageContaining("cannot be continued");
    assertThatThrownBy(
            () ->
                ChatTemplate.of(keeps, Map.of())
                    .render(
                        Conversation.of(
                            List.of(new Message("assistant", " ")), Conversation.End.OPEN_MESSAGE)))
        .hasMessageContaining("cannot be continued");
  }

  @Test
  void llama3sTemplateTrimsContentAndStartsWithTheFirstToken() {
    String template =
        "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>'"
            + " + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}"
            + "{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}"
            + "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}";

    assertThat(render(template, THREE_TURNS, true))
        .isEqualTo(
            "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
                + "<|start_header_id|>assistant<|end_header_id|>\n\nHello.<|eot_id|>"
                + "<|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|>"
                + "<|start_header_id|>assistant<|end_header_id|>\n\n");
  }

  @Test
  void blocksOnLinesOfTheirOwnLeaveNoTrace() {
    String template =
        """
        {% for message in messages %}
            {% if message.role == 'user' %}
        <|user|>
        {{ message.content }}{{ eos_token }}
            {% elif message.role == 'assistant' %}
        <|assistant|>
        {{ message.content }}{{ eos_token }}
            {% endif %}
            {%- if loop.last and add_generation_prompt %}
        {{ '<|assistant|>' }}
            {% endif %}
        {% endfor %}
        """;

    assertThat(render(template, THREE_TURNS, true))
        .isEqualTo(
            "<|user|>\n Hi <|eot_id|>\n<|assistant|>\nHello.<|eot_id|>\n<|user|>\nBye<|eot_id|>\n<|assistant|>\n");
  }

  @Test
  void aNamespaceCarriesValuesOutOfALoop() {
    String template =
        "{% set ns = namespace(turns=0, last='') %}{% for m in messages[1:] %}{% set ns.turns = ns.turns + 1 %}"
            + "{% set ns.last = m.content %}{% endfor %}{{ ns.turns }} {{ ns.last }}";

    assertThat(render(template, THREE_TURNS, false)).isEqualTo("2 Bye");
  }

  @Test
  void aTemplateMayRefuseAConversation() {
    String template =
        "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
            + "{{ raise_exception('roles must alternate') }}{% endif %}{{ m['content'] }}{% endfor %}";

    assertThat(render(template, THREE_TURNS, false)).isEqualTo(" Hi Hello.Bye");
    assertThatThrownBy(() -> render(template, THREE_TURNS.subList(1, 3), false))
        .isInstanceOf(TemplateException.class)
        .hasMessage("roles must alternate");
  }

  @Test
  void jinjaInAMessageStaysText() {
    String content = "{{ 7 * 7 }} {% raw %} {# gone #} {{ messages }} <b>&amp;</b> \\n";

    assertThat(render("{{ messages[0].content }}", List.of(new Message("user", content)), false))
        .isEqualTo(content);
  }

  @Test
  void anErrorInATemplateIsReported() {
    assertThatThrownBy(() -> render("{% for m in %}", THREE_TURNS, false))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("template");
  }

  @Test
  void aBrokenTemplateTellsItsProblemAndRefuses() {
    ChatTemplate broken = ChatTemplate.of("a\n{% if %}", Map.of());

    assertThat(broken.problem()).hasValueSatisfying(text -> assertThat(text).contains("line 2"));
    assertThat(ChatTemplate.of("a", Map.of()).problem()).isEmpty();
    assertThatThrownBy(() -> broken.render(THREE_TURNS, true))
        .isInstanceOf(TemplateException.class)
        .hasMessageStartingWith("the chat template has an error: line 2, column 7: ");
  }

  @Test
  void toolsChooseTheTemplateForThem() {
    ChatTemplate named =
        ChatTemplate.named(
            Map.of(
                "default", "plain {{ tools }}",
                "tool_use", "{{ tools[0].name }} {{ bos_token }}",
                "rag", "{{ documents[0]['text'] }} {{ lang }}"),
            LLAMA);
    Conversation conversation = Conversation.of(THREE_TURNS, Conversation.End.ANSWER);

    assertThat(named.render(conversation).text()).isEqualTo("plain None");
    assertThat(named.render(conversation.withTools(List.of(Map.of("name", "sun")))).text())
        .isEqualTo("sun <|begin_of_text|>");
    assertThat(
            named
                .render(
                    conversation
                        .withDocuments(List.of(Map.of("text", "doc")))
                        .withVariables(Map.of("lang", "de"))
                        .withTemplate("rag"))
                .text())
        .isEqualTo("doc de");
    assertThatThrownBy(() -> named.render(conversation.withTemplate("nope")))
        .hasMessageContaining("no chat template named nope");
    assertThatThrownBy(() -> ChatTemplate.named(Map.of("rag", ""), LLAMA).render(THREE_TURNS, true))
        .hasMessageContaining("no chat template named default, only [rag]");
  }

  private static final String SMOLLM2 =
      """
      {% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system
      You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
      ' }}{% endif %}{{'<|im_start|>' + message['role'] + '
      ' + message['content'] + '<|im_end|>' + '
      '}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant
      ' }}{% endif %}""";
}
