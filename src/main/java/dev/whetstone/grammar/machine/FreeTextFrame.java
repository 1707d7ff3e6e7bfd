package dev.whetstone.grammar.machine;

/**
 * Any text, until the opening tag of a call.
 *
 * @param matched characters of the tag with which the text ends
 */
record FreeTextFrame(CallSyntax syntax, int matched) implements Frame {
  @Override
  public void step(int b, Stack below, Stacks out) {
    String tag = syntax.opening();
    // The tag's first character occurs nowhere else in it, so after a mismatch it starts afresh.
    int longer = b == tag.charAt(matched) ? matched + 1 : b == tag.charAt(0) ? 1 : 0;
    out.add(
        syntax.isMark(b) || longer == tag.length()
            ? syntax.afterOpening(below)
            : below.push(new FreeTextFrame(syntax, longer)));
  }

  @Override
  public boolean mayEnd() {
    return true;
  }
}
