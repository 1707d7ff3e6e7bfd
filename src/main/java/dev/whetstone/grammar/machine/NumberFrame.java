package dev.whetstone.grammar.machine;

import dev.whetstone.grammar.schema.NumberShape;

/** A number with bounds: what may follow depends on all that was read. */
record NumberFrame(NumberShape shape, String text) implements Frame {
  /** Reads the first byte of a number. */
  static void begin(NumberShape shape, int b, Stack below, Stacks out) {
    if (shape.isUnbounded()) {
      new PlainNumberFrame(shape.isInteger(), PlainNumberFrame.Part.START, 0).step(b, below, out);
    } else {
      new NumberFrame(shape, "").step(b, below, out);
    }
  }

  @Override
  public void step(int b, Stack below, Stacks out) {
    boolean digit = b >= '0' && b <= '9';
    boolean sign = b == '-' && text.isEmpty();
    boolean point = b == '.' && text.indexOf('.') < 0 && !text.isEmpty() && !text.equals("-");
    boolean afterZero = digit && (text.equals("0") || text.equals("-0"));
    if ((digit || sign || point) && !afterZero && shape.mayContinue(text + (char) b)) {
      out.add(below.push(new NumberFrame(shape, text + (char) b)));
    }
  }

  @Override
  public boolean mayEnd() {
    return !text.isEmpty() && shape.mayEnd(text);
  }
}
