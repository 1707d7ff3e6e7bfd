package dev.whetstone.grammar.machine;

import dev.whetstone.grammar.schema.TextShape;
import org.jspecify.annotations.Nullable;

/**
 * A position within a JSON string after its opening quote: the state of the string's shape, and how
 * much of a character's bytes or of an escape has been read. Escapes of surrogates are not written:
 * such characters stand as themselves.
 *
 * @param kind what is being read
 * @param left bytes or hexadecimal digits of it that are missing
 * @param bits those read
 */
record StringCursor(int state, StringCursor.Kind kind, int left, int bits) {
  /** Between characters, after a backslash, within \\u, or within a character of 2 to 4 bytes. */
  enum Kind {
    BETWEEN,
    ESCAPE,
    HEX,
    TWO,
    THREE,
    FOUR
  }

  static final StringCursor START = new StringCursor(0, Kind.BETWEEN, 0, 0);

  private static final int NOTHING = -1;
  private static final int LAST_UNIT = 0xffff;

  boolean isBetween() {
    return kind == Kind.BETWEEN;
  }

  /** The cursor after a byte that is not the closing quote; null if no string continues so. */
  @Nullable StringCursor step(TextShape shape, int b) {
    int whole = completed(b);
    if (whole != NOTHING) {
      boolean legal = whole != 0 && (whole < 0xd800 || whole > 0xdfff) && whole >= least();
      int next = legal && whole <= Character.MAX_CODE_POINT ? shape.step(state, whole) : -1;
      return next == TextShape.DEAD ? null : new StringCursor(next, Kind.BETWEEN, 0, 0);
    }
    return switch (kind) {
      case BETWEEN -> begin(shape, b);
      case ESCAPE -> b == 'u' ? reaching(shape, Kind.HEX, 4, 0) : null;
      case HEX -> {
        int digit = Character.digit(b, 16);
        yield digit < 0 ? null : reaching(shape, kind, left - 1, bits << 4 | digit);
      }
      case TWO, THREE, FOUR ->
          isContinuation(b) ? reaching(shape, kind, left - 1, bits << 6 | (b & 0x3f)) : null;
    };
  }

  /** The code point that a byte completes, or a negative number. */
  int completed(int b) {
    return switch (kind) {
      case BETWEEN -> b >= 0x20 && b < 0x80 && b != '\\' && b != '"' ? b : NOTHING;
      case ESCAPE -> escaped(b);
      case HEX -> {
        int digit = Character.digit(b, 16);
        yield left == 1 && b < 0x80 && digit >= 0 ? bits << 4 | digit : NOTHING;
      }
      case TWO, THREE, FOUR -> left == 1 && isContinuation(b) ? bits << 6 | (b & 0x3f) : NOTHING;
    };
  }

  private static boolean isContinuation(int b) {
    return (b & 0xc0) == 0x80;
  }

  private static int escaped(int b) {
    return switch (b) {
      case '"', '\\', '/' -> b;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> NOTHING;
    };
  }

  /** The smallest code point that is encoded so (RFC 3629). */
  private int least() {
    return switch (kind) {
      case BETWEEN, ESCAPE, HEX -> 0;
      case TWO -> 0x80;
      case THREE -> 0x800;
      case FOUR -> 0x10000;
    };
  }

  /** The smallest code point that may be completed; only within a character or an escape. */
  int low() {
    return kind == Kind.ESCAPE ? 1 : Math.max(bits << width(), Math.max(1, least()));
  }

  /** The largest code point that may be completed; only within a character or an escape. */
  int high() {
    return kind == Kind.ESCAPE
        ? LAST_UNIT
        : Math.min(((bits + 1) << width()) - 1, Character.MAX_CODE_POINT);
  }

  private int width() {
    return left * (kind == Kind.HEX ? 4 : 6);
  }

  private @Nullable StringCursor begin(TextShape shape, int b) {
    if (b == '\\') {
      boolean any = shape.continues(state, 1, LAST_UNIT);
      return any ? new StringCursor(state, Kind.ESCAPE, 1, 0) : null;
    }
    if (b >= 0xc2 && b <= 0xdf) {
      return reaching(shape, Kind.TWO, 1, b & 0x1f);
    }
    if (b >= 0xe0 && b <= 0xef) {
      return reaching(shape, Kind.THREE, 2, b & 0xf);
    }
    return b >= 0xf0 && b <= 0xf4 ? reaching(shape, Kind.FOUR, 3, b & 7) : null;
  }

  /** A cursor within a character, if one that the string may have begins so. */
  private @Nullable StringCursor reaching(TextShape shape, Kind next, int missing, int read) {
    StringCursor cursor = new StringCursor(state, next, missing, read);
    int low = cursor.low();
    int high = cursor.high();
    return low <= high && shape.continues(state, low, high) ? cursor : null;
  }
}
