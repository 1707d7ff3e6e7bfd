package dev.whetstone.text;

/**
 * The UTF-8 decoder of encoding.spec.whatwg.org, section 8.1.1. Its replacement characters are
 * those of the tokenizers library; Java's own decoder writes one where these write three
 * (surrogates).
 */
final class Utf8Stream {
  private static final int REPLACEMENT = 0xfffd;
  private static final int LOWEST = 0x80;
  private static final int HIGHEST = 0xbf;

  private int codePoint;
  private int needed;
  private int lower = LOWEST;
  private int upper = HIGHEST;

  void push(int next, StringBuilder text) {
    if (needed > 0 && (next < lower || next > upper)) {
      finish(text);
    }
    if (needed == 0) {
      start(next, text);
      return;
    }
    lower = LOWEST;
    upper = HIGHEST;
    codePoint = codePoint << 6 | (next & 0x3f);
    if (--needed == 0) {
      text.appendCodePoint(codePoint);
    }
  }

  /** The first byte of a character; it bounds the second. */
  private void start(int next, StringBuilder text) {
    if (next < 0x80) {
      text.append((char) next);
    } else if (next >= 0xc2 && next <= 0xdf) {
      await(1, next & 0x1f);
    } else if (next >= 0xe0 && next <= 0xef) {
      await(2, next & 0xf);
      lower = next == 0xe0 ? 0xa0 : LOWEST;
      upper = next == 0xed ? 0x9f : HIGHEST;
    } else if (next >= 0xf0 && next <= 0xf4) {
      await(3, next & 7);
      lower = next == 0xf0 ? 0x90 : LOWEST;
      upper = next == 0xf4 ? 0x8f : HIGHEST;
    } else {
      text.appendCodePoint(REPLACEMENT);
    }
  }

  private void await(int more, int bits) {
    needed = more;
    codePoint = bits;
  }

  /** Replaces a character that did not become whole. */
  void finish(StringBuilder text) {
    if (needed > 0) {
      text.appendCodePoint(REPLACEMENT);
    }
    needed = 0;
    lower = LOWEST;
    upper = HIGHEST;
  }
}
