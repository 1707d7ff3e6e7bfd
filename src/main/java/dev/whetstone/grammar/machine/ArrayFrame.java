package dev.whetstone.grammar.machine;

import dev.whetstone.grammar.schema.ArrayShape;

/** An array after its opening bracket; a frame of the item being read is above it. */
record ArrayFrame(ArrayShape shape, ArrayFrame.Part part, int count, int spaces) implements Frame {
  /** What was read last. */
  enum Part {
    START,
    ITEM
  }

  @Override
  public void step(int b, Stack below, Stacks out) {
    int after = Spaces.step(spaces, b);
    if (after != Spaces.REFUSED) {
      boolean mayGo = part == Part.START || count >= shape.min();
      if (mayGo) {
        out.add(below.push(new ArrayFrame(shape, part, count, after)));
      }
      return;
    }
    if (b == ']') {
      if (count >= shape.min()) {
        out.add(below);
      }
      return;
    }
    if (!shape.mayHave(count)) {
      return;
    }
    Stack next =
        below.push(new ArrayFrame(shape, Part.ITEM, shape.remembered(count + 1), Spaces.OPEN));
    if (part == Part.START) {
      ValueFrame.begin(shape.item(count), b, next, out);
    } else if (b == ',' && spaces == Spaces.OPEN) {
      out.add(next.push(new ValueFrame(shape.item(count), Spaces.OPEN)));
    }
  }
}
