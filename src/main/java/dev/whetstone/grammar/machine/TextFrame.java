package dev.whetstone.grammar.machine;

import dev.whetstone.grammar.schema.TextShape;

/** A string after its opening quote. */
record TextFrame(TextShape shape, StringCursor cursor) implements Frame {
  @Override
  public void step(int b, Stack below, Stacks out) {
    if (b == '"' && cursor.isBetween()) {
      if (shape.accepts(cursor.state())) {
        out.add(below);
      }
      return;
    }
    StringCursor next = cursor.step(shape, b);
    if (next != null) {
      out.add(below.push(new TextFrame(shape, next)));
    }
  }

  @Override
  public int freeLength() {
    return cursor.isBetween() ? shape.freeLength(cursor.state()) : -1;
  }
}
