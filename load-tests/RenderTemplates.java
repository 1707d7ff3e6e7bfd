import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Conversation;
import dev.whetstone.text.TemplateException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Renders a template a line of the input, {@code {"template": ..., "variables": {...}}}, and writes
 * {@code {"text": ...}} or {@code {"error": ...}} for each; see chat-templates.
 */
final class RenderTemplates {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws IOException {
    Clock clock = Clock.fixed(Instant.parse(args[0]), ZoneOffset.UTC);
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = in.readLine()) != null; ) {
      out.println(render(JSON.readTree(line), clock));
      out.flush();
    }
  }

  @SuppressWarnings("unchecked")
  private static ObjectNode render(JsonNode row, Clock clock) {
    ObjectNode result = JSON.createObjectNode();
    Map<String, Object> variables = JSON.convertValue(row.path("variables"), HashMap.class);
    Conversation conversation =
        new Conversation(
            (List<Map<String, Object>>) variables.remove("messages"),
            (List<?>) variables.remove("tools"),
            (List<?>) variables.remove("documents"),
            Boolean.TRUE.equals(variables.remove("add_generation_prompt"))
                ? Conversation.End.ANSWER
                : Conversation.End.MESSAGE,
            variables,
            null);
    ChatTemplate template = ChatTemplate.of(row.path("template").asText(), Map.of()).at(clock);
    try {
      return result.put("text", template.render(conversation).text());
    } catch (TemplateException failed) {
      return result.put("error", failed.getMessage());
    }
  }
}
