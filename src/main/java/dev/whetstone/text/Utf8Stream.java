package dev.whetstone.text;

/**
 * The UTF-8 decoder of encoding.spec.whatwg.org, section 8.1.1. It writes the same replacement
 * characters as the tokenizers library: three for an encoded surrogate, where Java's decoder writes
 * one.
 */
final class Utf8Stream {
  private static final int REPLACEMENT = 0xfffd;
  private static final int MIN_CONTINUATION = 0x80;
  private static final int MAX_CONTINUATION = 0xbf;

  private int codePoint;
  private int needed;
  private int lower = MIN_CONTINUATION;
  private int upper = MAX_CONTINUATION;

  void push(int next, StringBuilder text) {
    if (needed > 0 && (next < lower || next > upper)) {
      finish(text);
    }
    if (needed == 0) {
      start(next, text);
      return;
    }
    lower = MIN_CONTINUATION;
    upper = MAX_CONTINUATION;
    codePoint = codePoint << 6 | (next & 0x3f);
    if (--needed == 0) {
      text.appendCodePoint(codePoint);
    }
  }

  /** Handles the first byte of a character, which limits the range of the second. */
  private void start(int next, StringBuilder text) {
    if (next < 0x80) {
      text.append((char) next);
    } else if (next >= 0xc2 && next <= 0xdf) {
      expect(1, next & 0x1f);
    } else if (next >= 0xe0 && next <= 0xef) {
      expect(2, next & 0xf);
      lower = next == 0xe0 ? 0xa0 : MIN_CONTINUATION;
      upper = next == 0xed ? 0x9f : MAX_CONTINUATION;
    } else if (next >= 0xf0 && next <= 0xf4) {
      expect(3, next & 7);
      lower = next == 0xf0 ? 0x90 : MIN_CONTINUATION;
      upper = next == 0xf4 ? 0x8f : MAX_CONTINUATION;
    } else {
      text.appendCodePoint(REPLACEMENT);
    }
  }

  private void expect(int more, int bits) {
    needed = more;
    codePoint = bits;
  }

  /** Replaces an incomplete character. */
  void finish(StringBuilder text) {
    if (needed > 0) {
      text.appendCodePoint(REPLACEMENT);
    }
    needed = 0;
    lower = MIN_CONTINUATION;
    upper = MAX_CONTINUATION;
  }
}
