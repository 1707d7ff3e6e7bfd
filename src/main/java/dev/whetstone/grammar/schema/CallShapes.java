package dev.whetstone.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;

/** The shapes of calls of tools: {@code {"name": …, "arguments": {…}}}, as their style has it. */
public final class CallShapes {
  private CallShapes() {}

  /**
   * A tool that may be called.
   *
   * @param parameters JSON Schema of its arguments
   * @param strict whether a call always keeps to the schema, its arguments in the schema's order;
   *     otherwise one that cannot be kept allows any object
   */
  public record Tool(String name, JsonNode parameters, boolean strict) {
    Shape arguments() {
      try {
        return SchemaReader.read(parameters, strict);
      } catch (SchemaException unusable) {
        if (strict) {
          throw unusable;
        }
        return SchemaReader.anyObject();
      }
    }
  }

  /**
   * A call of any of some tools; where calls stand in a list, that list.
   *
   * @param parallel whether a list may have more than one
   * @throws SchemaException when the parameters of a strict one cannot be kept
   */
  public static Shape anyOf(List<Tool> tools, CallStyle style, boolean parallel) {
    List<Shape> calls = new ArrayList<>();
    for (Tool tool : tools) {
      Literals name = Literals.ofValues(List.of(TextNode.valueOf(tool.name())));
      Shape arguments = tool.arguments();
      calls.add(
          new ObjectShape(
              List.of(
                  new ObjectShape.Property("name", name, true),
                  new ObjectShape.Property(style.arguments(), arguments, true)),
              List.of(),
              0,
              -1,
              false,
              true));
    }
    Shape one = Union.of(calls);
    Shape call =
        style == CallStyle.MISTRAL ? new ArrayShape(List.of(), one, 1, parallel ? -1 : 1) : one;
    Linker.link(call);
    return call;
  }
}
