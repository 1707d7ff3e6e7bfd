package dev.whetstone.grammar.machine;

/** The start of a text that is a call. */
record ForcedCallFrame(CallSyntax syntax) implements Frame {
  @Override
  public void step(int b, Stack below, Stacks out) {
    if (syntax.isMark(b)) {
      out.add(syntax.afterOpening(below));
    } else if (b == syntax.opening().charAt(0)) {
      out.add(syntax.afterOpening(below).push(new MarkFrame(syntax.opening(), 1)));
    }
  }
}
