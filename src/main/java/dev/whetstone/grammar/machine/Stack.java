package dev.whetstone.grammar.machine;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The values being read, the innermost on top. Immutable; the hash is computed once. */
final class Stack {
  /** What follows a whole text: nothing. */
  static final Stack END = new Stack(new EndFrame(), null);

  private record EndFrame() implements Frame {
    @Override
    public void step(int b, Stack below, Stacks out) {}

    @Override
    public boolean mayEnd() {
      return true;
    }
  }

  final Frame top;
  private final @Nullable Stack below;
  private final int hash;

  private Stack(Frame top, @Nullable Stack below) {
    this.top = top;
    this.below = below;
    this.hash = 31 * top.hashCode() + Objects.hashCode(below);
  }

  Stack push(Frame frame) {
    return new Stack(frame, this);
  }

  /** Whether nothing follows. */
  boolean isEnd() {
    return below == null;
  }

  /** What follows when the innermost value has ended; null at the end. */
  @Nullable Stack below() {
    return below;
  }

  void step(int b, Stacks out) {
    Stack rest = below;
    if (rest == null) {
      return;
    }
    top.step(b, rest, out);
    if (top.mayEnd()) {
      rest.step(b, out);
    }
  }

  boolean mayEnd() {
    return top.mayEnd() && (below == null || below.mayEnd());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof Stack stack
            && hash == stack.hash
            && top.equals(stack.top)
            && Objects.equals(below, stack.below));
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
