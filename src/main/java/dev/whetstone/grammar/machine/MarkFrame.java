package dev.whetstone.grammar.machine;

/** A fixed text, of which the first {@code read} characters have been read. All are ASCII. */
record MarkFrame(String text, int read) implements Frame {
  @Override
  public void step(int b, Stack below, Stacks out) {
    if (b == text.charAt(read)) {
      out.add(read + 1 == text.length() ? below : below.push(new MarkFrame(text, read + 1)));
    }
  }
}
