package dev.whetstone.grammar.machine;

/** The end of a call: the end of the text, or another call. */
record AfterCallFrame(CallSyntax syntax) implements Frame {
  @Override
  public void step(int b, Stack below, Stacks out) {
    if (b == '\n' && syntax.parallel()) {
      out.add(syntax.afterOpening(below).push(new MarkFrame(syntax.opening(), 0)));
    }
  }

  @Override
  public boolean mayEnd() {
    return true;
  }
}
