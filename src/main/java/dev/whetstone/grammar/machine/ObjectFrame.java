package dev.whetstone.grammar.machine;

import dev.whetstone.grammar.schema.ObjectShape;
import java.math.BigInteger;
import java.util.List;

/** An object after its opening brace; frames of the property being read are above it. */
record ObjectFrame(ObjectShape shape, ObjectFrame.Part part, ObjectShape.Seen seen, int spaces)
    implements Frame {
  /** What was read last. */
  enum Part {
    START,
    PROPERTY,
    COMMA
  }

  static ObjectFrame start(ObjectShape shape) {
    return new ObjectFrame(shape, Part.START, ObjectShape.Seen.NOTHING, Spaces.OPEN);
  }

  static ObjectFrame afterProperty(ObjectShape shape, ObjectShape.Seen seen) {
    return new ObjectFrame(shape, Part.PROPERTY, seen, Spaces.OPEN);
  }

  @Override
  public void step(int b, Stack below, Stacks out) {
    int after = Spaces.step(spaces, b);
    if (after != Spaces.REFUSED) {
      if (part != Part.PROPERTY || shape.mayEnd(seen)) {
        out.add(below.push(new ObjectFrame(shape, part, seen, after)));
      }
      return;
    }
    switch (b) {
      case '}' -> {
        if (part != Part.COMMA && shape.mayEnd(seen)) {
          out.add(below);
        }
      }
      case ',' -> {
        if (part == Part.PROPERTY && spaces == Spaces.OPEN && mayHaveMore()) {
          out.add(below.push(new ObjectFrame(shape, Part.COMMA, seen, Spaces.OPEN)));
        }
      }
      case '"' -> {
        if (part != Part.PROPERTY) {
          beginName(below, out);
        }
      }
      default -> {}
    }
  }

  private boolean mayHaveMore() {
    if (shape.next(seen).signum() != 0) {
      return true;
    }
    return shape.mayHaveExtra(seen)
        && shape.extras().stream().anyMatch(extra -> shape.hasUnusedName(seen, extra, 0, ""));
  }

  private void beginName(Stack below, Stacks out) {
    BigInteger next = shape.next(seen);
    if (next.signum() != 0) {
      int node = shape.names().child(0, '"');
      out.add(below.push(new NameFrame(shape, seen, next, node)));
    }
    if (shape.mayHaveExtra(seen)) {
      List<ObjectShape.Extra> extras = shape.extras();
      for (int i = 0; i < extras.size(); i++) {
        if (shape.hasUnusedName(seen, extras.get(i), 0, "")) {
          out.add(below.push(new ExtraNameFrame(shape, seen, i, StringCursor.START, "")));
        }
      }
    }
  }
}
