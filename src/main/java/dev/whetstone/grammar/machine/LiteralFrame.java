package dev.whetstone.grammar.machine;

import dev.whetstone.grammar.schema.Literals;

/** One of several given texts. */
record LiteralFrame(Literals literals, int node) implements Frame {
  @Override
  public void step(int b, Stack below, Stacks out) {
    int next = literals.child(node, b);
    if (next != Literals.NONE) {
      out.add(literals.isLeaf(next) ? below : below.push(new LiteralFrame(literals, next)));
    }
  }

  @Override
  public boolean mayEnd() {
    return literals.end(node) != Literals.NONE;
  }
}
