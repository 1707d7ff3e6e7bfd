package dev.whetstone.grammar.machine;

/** The start of a text that is a call. */
record ForcedCallFrame(CallSyntax syntax) implements Frame {
  @Override
  public void step(int b, Stack below, Stacks out) {
    if (b == CallSyntax.OPENING.charAt(0)) {
      out.add(syntax.afterOpening(below).push(new MarkFrame(CallSyntax.OPENING, 1)));
    }
  }
}
