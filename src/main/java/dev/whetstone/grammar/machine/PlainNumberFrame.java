package dev.whetstone.grammar.machine;

import org.jspecify.annotations.Nullable;

/** A number without bounds (RFC 8259, section 6), with a limited number of digits. */
record PlainNumberFrame(boolean integer, PlainNumberFrame.Part part, int digits) implements Frame {
  private static final int MAX_INTEGER = 15;
  private static final int MAX_FRACTION = 17;
  private static final int MAX_EXPONENT = 2;

  /** What was read last. */
  enum Part {
    START,
    SIGN,
    ZERO,
    INTEGER,
    POINT,
    FRACTION,
    EXPONENT_MARK,
    EXPONENT_SIGN,
    EXPONENT
  }

  @Override
  public void step(int b, Stack below, Stacks out) {
    Part next = next(b);
    if (next != null) {
      int count = next == part ? digits + 1 : 1;
      out.add(below.push(new PlainNumberFrame(integer, next, count)));
    }
  }

  private @Nullable Part next(int b) {
    if (b >= '0' && b <= '9') {
      return switch (part) {
        case START -> b == '0' ? Part.ZERO : Part.INTEGER;
        // Negative zero is a number, but no sensible integer.
        case SIGN -> b == '0' ? (integer ? null : Part.ZERO) : Part.INTEGER;
        case ZERO -> null;
        case INTEGER -> digits < MAX_INTEGER ? Part.INTEGER : null;
        case POINT -> Part.FRACTION;
        case FRACTION -> digits < MAX_FRACTION ? Part.FRACTION : null;
        case EXPONENT_MARK, EXPONENT_SIGN -> Part.EXPONENT;
        case EXPONENT -> digits < MAX_EXPONENT ? Part.EXPONENT : null;
      };
    }
    boolean whole = part == Part.ZERO || part == Part.INTEGER;
    return switch (b) {
      case '-' -> part == Part.START ? Part.SIGN : exponentSign();
      case '+' -> exponentSign();
      case '.' -> whole && !integer ? Part.POINT : null;
      case 'e', 'E' -> (whole || part == Part.FRACTION) && !integer ? Part.EXPONENT_MARK : null;
      default -> null;
    };
  }

  private @Nullable Part exponentSign() {
    return part == Part.EXPONENT_MARK ? Part.EXPONENT_SIGN : null;
  }

  @Override
  public boolean mayEnd() {
    return switch (part) {
      case ZERO, INTEGER, FRACTION, EXPONENT -> true;
      case START, SIGN, POINT, EXPONENT_MARK, EXPONENT_SIGN -> false;
    };
  }
}
