package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.gateway.generate.AnswerFormat;
import dev.whetstone.gateway.http.ObjectMapperConfig;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.grammar.schema.CallStyle;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The tools of a chat that the model may call.
 *
 * @param declared as the request has them; empty if the model may call none
 * @param format the grammar of the answer; null if the model may call none
 */
record ToolRequest(List<JsonNode> declared, AnswerFormat.@Nullable Asked format) {
  private static final ToolRequest NONE = new ToolRequest(List.of(), null);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.:-]{1,128}");
  private static final int MAX_TOOLS = 128;
  private static final String ANY_ARGUMENTS = "{\"type\":\"object\"}";

  /**
   * Reads {@code tools}, {@code tool_choice} and {@code parallel_tool_calls}.
   *
   * @param style how the model writes calls; of Llama's one at a time
   * @throws ProblemException 400 naming the field
   */
  static ToolRequest of(ChatCompletionRequest request, CallStyle style) {
    List<JsonNode> tools = tools(request.tools());
    JsonNode choice = request.toolChoice();
    String only =
        choice != null && choice.isObject() ? choice.path("function").path("name").asText() : null;
    boolean named = only != null;
    String mode = choice == null || choice.isNull() ? "auto" : named ? "named" : choice.asText();
    boolean forced = named || mode.equals("required");
    if (!Set.of("auto", "none", "required", "named").contains(mode)) {
      throw ProblemException.invalidField(
          "tool_choice", "tool_choice must be auto, none, required, or name a function");
    }
    if (tools.isEmpty() && forced) {
      throw ProblemException.invalidField("tool_choice", "tool_choice needs tools");
    }
    if (tools.isEmpty() || mode.equals("none")) {
      return NONE;
    }
    List<AnswerFormat.Tool> callable = new ArrayList<>();
    for (JsonNode tool : tools) {
      JsonNode function = tool.path("function");
      if (only == null || function.path("name").asText().equals(only)) {
        callable.add(tool(function, forced));
      }
    }
    if (callable.isEmpty()) {
      throw ProblemException.invalidField("tool_choice", "tool_choice names no function of tools");
    }
    boolean parallel =
        style != CallStyle.LLAMA && !named && !Boolean.FALSE.equals(request.parallelToolCalls());
    return new ToolRequest(
        tools,
        new AnswerFormat.Asked(
            new AnswerFormat.ToolCalls(callable, forced, parallel, style), "tools"));
  }

  private static AnswerFormat.Tool tool(JsonNode function, boolean forced) {
    JsonNode parameters = function.get("parameters");
    boolean strict = forced || function.path("strict").asBoolean();
    return new AnswerFormat.Tool(
        function.path("name").asText(),
        parameters == null || parameters.isNull() ? ANY_ARGUMENTS : parameters.toString(),
        strict);
  }

  private static List<JsonNode> tools(@Nullable JsonNode tools) {
    if (tools == null || tools.isNull()) {
      return List.of();
    }
    if (!tools.isArray() || tools.size() > MAX_TOOLS) {
      throw ProblemException.invalidField("tools", "tools must be a list of at most " + MAX_TOOLS);
    }
    Set<String> names = new HashSet<>();
    List<JsonNode> found = new ArrayList<>();
    for (JsonNode tool : tools) {
      String field = "tools[" + found.size() + "]";
      if (!tool.path("type").asText("function").equals("function")) {
        throw ProblemException.invalidField(field + ".type", field + " must be a function");
      }
      String name = tool.path("function").path("name").asText();
      if (!NAME.matcher(name).matches() || !names.add(name)) {
        throw ProblemException.invalidField(
            field + ".function.name",
            field + " must have a name of its own of 1 to 128 letters, digits and _ . : -");
      }
      if (!ObjectMapperConfig.wellFormed(tool)) {
        throw ProblemException.invalidField(
            field, field + " has a text with U+0000 or a lone surrogate");
      }
      found.add(tool);
    }
    return found;
  }
}
