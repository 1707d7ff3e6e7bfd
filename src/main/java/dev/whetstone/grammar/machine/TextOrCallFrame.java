package dev.whetstone.grammar.machine;

import dev.whetstone.grammar.schema.Shape;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Any text; if it begins as calls of Llama do, the whole of it is one call.
 *
 * @param matched bytes of a call's beginning that were read; negative where they differed
 */
record TextOrCallFrame(Shape call, int matched) implements Frame {
  private static final byte[] OPENING = "{\"name\":".getBytes(StandardCharsets.US_ASCII);

  @Override
  public void step(int b, Stack below, Stacks out) {
    boolean same = matched >= 0 && b == OPENING[matched];
    if (same && matched + 1 == OPENING.length) {
      begun(below).forEach(out::add);
    } else {
      out.add(below.push(new TextOrCallFrame(call, same ? matched + 1 : -1)));
    }
  }

  /** The call after its beginning. */
  private List<Stack> begun(Stack below) {
    List<Stack> stacks = List.of(below.push(new ValueFrame(call, Spaces.NONE)));
    for (byte b : OPENING) {
      Stacks next = new Stacks();
      stacks.forEach(stack -> stack.step(b, next));
      stacks = next.list();
    }
    return stacks;
  }

  @Override
  public boolean mayEnd() {
    return true;
  }
}
