package dev.whetstone.grammar.machine;

import dev.whetstone.grammar.schema.Shape;

/**
 * How calls of tools are written, as Hermes and Qwen do: a JSON object between two tags, each on a
 * line of its own.
 *
 * @param call the shape of the object
 * @param parallel whether further calls may follow
 */
record CallSyntax(Shape call, boolean parallel) {
  static final String OPENING = "<tool_call>";
  private static final String CLOSING = "\n</tool_call>";

  /** Begins after the opening tag. */
  Stack afterOpening(Stack below) {
    return below
        .push(new AfterCallFrame(this))
        .push(new MarkFrame(CLOSING, 0))
        .push(new ValueFrame(call, Spaces.NONE))
        .push(new MarkFrame("\n", 0));
  }
}
