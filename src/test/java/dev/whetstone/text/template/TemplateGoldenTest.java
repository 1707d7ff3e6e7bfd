package dev.whetstone.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.text.template.syntax.JinjaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Small constructs and whole templates, each as Transformers renders it or refuses it. */
class TemplateGoldenTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path FOLDER = Path.of("src/test/resources/golden/jinja");

  @TestFactory
  Stream<DynamicTest> constructs() throws IOException {
    Map<String, Object> data = map(JSON.readTree(FOLDER.resolve("data.json").toFile()));
    data.put("messages", List.of(Map.of("role", "user", "content", " Hi ")));
    data.put("tools", null);
    data.put("documents", null);
    data.put("add_generation_prompt", false);
    return rows("constructs.json").stream()
        .map(
            row -> {
              String template = row.path("template").asText();
              return DynamicTest.dynamicTest(template.strip(), () -> check(row, template, data));
            });
  }

  @TestFactory
  Stream<DynamicTest> conversations() throws IOException {
    return rows("conversations.json").stream()
        .map(
            row ->
                DynamicTest.dynamicTest(
                    row.path("file").asText() + ", " + row.path("name").asText(),
                    () -> checkConversation(row)));
  }

  private static void checkConversation(JsonNode row) throws IOException {
    Map<String, Object> variables = new HashMap<>();
    variables.put("bos_token", "<s>");
    variables.put("eos_token", "</s>");
    variables.put("add_generation_prompt", row.path("add_generation_prompt").asBoolean(true));
    variables.put("messages", JSON.convertValue(row.path("messages"), List.class));
    variables.put(
        "tools", row.has("tools") ? JSON.convertValue(row.path("tools"), List.class) : null);
    variables.put("documents", null);
    String template =
        Files.readString(FOLDER.resolve("templates").resolve(row.path("file").asText()));
    check(row, template, variables);
  }

  private static void check(JsonNode row, String template, Map<String, Object> variables) {
    if (row.has("error")) {
      assertThatThrownBy(() -> render(template, variables)).isInstanceOf(JinjaException.class);
    } else {
      assertThat(render(template, variables)).isEqualTo(row.path("text").asText());
    }
  }

  private static String render(String template, Map<String, Object> variables) {
    Template compiled = Template.compile(template);
    String text = compiled.render(Map.of(), variables, Clock.systemUTC()).text();
    // Whose the texts are changes nothing of what is written.
    assertThat(compiled.render(variables, Map.of(), Clock.systemUTC()).text()).isEqualTo(text);
    return text;
  }

  private static List<JsonNode> rows(String file) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    JSON.readTree(FOLDER.resolve(file).toFile()).forEach(rows::add);
    return rows;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(JsonNode node) {
    return JSON.convertValue(node, HashMap.class);
  }
}
