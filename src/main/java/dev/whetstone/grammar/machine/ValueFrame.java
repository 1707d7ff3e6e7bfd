package dev.whetstone.grammar.machine;

import dev.whetstone.grammar.schema.ArrayShape;
import dev.whetstone.grammar.schema.Deferred;
import dev.whetstone.grammar.schema.Literals;
import dev.whetstone.grammar.schema.NumberShape;
import dev.whetstone.grammar.schema.ObjectShape;
import dev.whetstone.grammar.schema.Shape;
import dev.whetstone.grammar.schema.TextShape;
import dev.whetstone.grammar.schema.Union;

/** A value of which nothing has been read. */
record ValueFrame(Shape shape, int spaces) implements Frame {
  @Override
  public void step(int b, Stack below, Stacks out) {
    int after = Spaces.step(spaces, b);
    if (after != Spaces.REFUSED) {
      out.add(below.push(new ValueFrame(shape, after)));
    } else {
      begin(shape, b, below, out);
    }
  }

  /** Reads the first byte of a value. */
  static void begin(Shape shape, int b, Stack below, Stacks out) {
    for (Shape option : shape.options()) {
      switch (option) {
        case Literals literals -> new LiteralFrame(literals, 0).step(b, below, out);
        case NumberShape number -> NumberFrame.begin(number, b, below, out);
        case TextShape text -> {
          if (b == '"') {
            out.add(below.push(new TextFrame(text, StringCursor.START)));
          }
        }
        case ArrayShape array -> {
          if (b == '[') {
            out.add(below.push(new ArrayFrame(array, ArrayFrame.Part.START, 0, Spaces.OPEN)));
          }
        }
        case ObjectShape object -> {
          if (b == '{') {
            out.add(below.push(ObjectFrame.start(object)));
          }
        }
        case Union _, Deferred _ -> throw new IllegalStateException("not an option");
      }
    }
  }
}
