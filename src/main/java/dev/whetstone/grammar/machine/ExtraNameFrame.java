package dev.whetstone.grammar.machine;

import dev.whetstone.grammar.schema.ObjectShape;

/**
 * The name of a property that is not declared, after its opening quote.
 *
 * @param group which of the object's groups the name belongs to
 * @param name what was read of it; empty in an object where names may be repeated
 */
record ExtraNameFrame(
    ObjectShape shape, ObjectShape.Seen seen, int group, StringCursor cursor, String name)
    implements Frame {

  @Override
  public void step(int b, Stack below, Stacks out) {
    ObjectShape.Extra extra = shape.extras().get(group);
    if (b == '"' && cursor.isBetween()) {
      if (extra.names().accepts(cursor.state()) && (shape.isAny() || shape.isUnused(seen, name))) {
        out.add(
            below
                .push(ObjectFrame.afterProperty(shape, shape.add(seen, name)))
                .push(new ColonFrame(extra.value())));
      }
      return;
    }
    StringCursor next = cursor.step(extra.names(), b);
    if (next == null) {
      return;
    }
    String longer = name;
    if (!shape.isAny()) {
      longer += next.isBetween() ? Character.toString(cursor.completed(b)) : "";
      if (!leadsToUnused(extra, next, longer)) {
        return;
      }
    }
    out.add(below.push(new ExtraNameFrame(shape, seen, group, next, longer)));
  }

  private boolean leadsToUnused(ObjectShape.Extra extra, StringCursor next, String read) {
    if (next.isBetween() || extra.names().freeLength(next.state()) == Integer.MAX_VALUE) {
      return shape.hasUnusedName(seen, extra, next.state(), read);
    }
    // Within a character: one of those that it may become must lead to an unused name.
    for (int c = next.low(); c <= next.high(); c++) {
      int state =
          extra.names().continues(next.state(), c, c) ? extra.names().step(next.state(), c) : -1;
      if (state >= 0 && shape.hasUnusedName(seen, extra, state, read + Character.toString(c))) {
        return true;
      }
    }
    return false;
  }

  @Override
  public int freeLength() {
    int free =
        cursor.isBetween() ? shape.extras().get(group).names().freeLength(cursor.state()) : -1;
    // Where names are limited, whether one may follow depends on those used.
    return shape.isAny() || free == Integer.MAX_VALUE ? free : -1;
  }

  @Override
  public boolean isUnique() {
    return !name.isEmpty();
  }
}
