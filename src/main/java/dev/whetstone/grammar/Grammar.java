package dev.whetstone.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.grammar.machine.Machine;
import dev.whetstone.grammar.schema.CallShapes;
import dev.whetstone.grammar.schema.CallStyle;
import dev.whetstone.grammar.schema.Literals;
import dev.whetstone.grammar.schema.SchemaReader;
import java.util.List;

/** A compiled grammar, for any vocabulary. Safe for many threads. */
public final class Grammar {
  private final Machine machine;

  private Grammar(Machine machine) {
    this.machine = machine;
  }

  /**
   * The JSON values that match a schema.
   *
   * @param ordered whether objects have their declared properties in the schema's order, as OpenAI
   *     promises for strict schemas
   * @throws dev.whetstone.grammar.schema.SchemaException when the schema is malformed, not
   *     supported, or allows no value
   */
  public static Grammar ofSchema(JsonNode schema, boolean ordered) {
    return new Grammar(Machine.ofValue(SchemaReader.read(schema, ordered)));
  }

  /** Any JSON object. */
  public static Grammar ofJsonObject() {
    return new Grammar(Machine.ofValue(SchemaReader.anyObject()));
  }

  /** Exactly one of some texts, which is not written as JSON. */
  public static Grammar ofChoices(List<String> choices) {
    return new Grammar(Machine.ofValue(Literals.ofTexts(choices)));
  }

  /**
   * Calls of tools.
   *
   * @param style how they are written
   * @param forced whether the text is a call; otherwise any text may come before the first one
   * @param parallel whether there may be more than one
   * @throws dev.whetstone.grammar.schema.SchemaException when a tool's parameters cannot be kept
   */
  public static Grammar ofCalls(
      List<CallShapes.Tool> tools, CallStyle style, boolean forced, boolean parallel) {
    return new Grammar(
        Machine.ofCalls(CallShapes.anyOf(tools, style, parallel), style, forced, parallel));
  }

  Machine machine() {
    return machine;
  }
}
