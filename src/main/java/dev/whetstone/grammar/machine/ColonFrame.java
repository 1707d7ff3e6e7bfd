package dev.whetstone.grammar.machine;

import dev.whetstone.grammar.schema.Shape;

/** The colon between a name and a value. */
record ColonFrame(Shape value) implements Frame {
  @Override
  public void step(int b, Stack below, Stacks out) {
    if (b == ':') {
      out.add(below.push(new ValueFrame(value, Spaces.OPEN)));
    }
  }
}
