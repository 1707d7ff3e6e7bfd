package dev.whetstone.grammar.machine;

import dev.whetstone.grammar.schema.Literals;
import dev.whetstone.grammar.schema.ObjectShape;
import java.math.BigInteger;

/**
 * The name of a declared property after its opening quote.
 *
 * @param next the properties that may come
 */
record NameFrame(ObjectShape shape, ObjectShape.Seen seen, BigInteger next, int node)
    implements Frame {
  @Override
  public void step(int b, Stack below, Stacks out) {
    int child = shape.names().child(node, b);
    if (child == Literals.NONE || shape.namesBelow(child).and(next).signum() == 0) {
      return;
    }
    int property = shape.names().end(child);
    out.add(
        property == Literals.NONE
            ? below.push(new NameFrame(shape, seen, next, child))
            : below
                .push(ObjectFrame.afterProperty(shape, shape.add(seen, property)))
                .push(new ColonFrame(shape.value(property))));
  }
}
