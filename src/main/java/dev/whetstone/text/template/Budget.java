package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;

/** What one rendering may use, so that no template can hang or fill the program it runs in. */
final class Budget {
  /** Nesting of expressions, statements and macro calls together. */
  static final int MAX_DEPTH = 1_000;

  /** Characters of a text, and items of a list. */
  static final int MAX_SIZE = 8 << 20;

  private static final long MAX_STEPS = 10_000_000;
  private static final int CHARACTERS_PER_STEP = 8;

  private long steps;
  private int depth;

  /** Goes one level deeper, which is also a step. */
  void enter() {
    if (++depth > MAX_DEPTH) {
      throw new JinjaException("nested deeper than " + MAX_DEPTH + " levels");
    }
    spend(1);
  }

  void leave() {
    depth--;
  }

  /** Takes the price of reading or making so many characters or items, before they are made. */
  void charge(long size) {
    if (size > MAX_SIZE) {
      throw new JinjaException("a text or list of more than " + MAX_SIZE + " parts");
    }
    spend(1 + size / CHARACTERS_PER_STEP);
  }

  /** A text that was made, paid for. */
  String paid(String text) {
    charge(text.length());
    return text;
  }

  private void spend(long count) {
    steps += count;
    if (steps > MAX_STEPS) {
      throw new JinjaException("more than " + MAX_STEPS + " steps");
    }
  }
}
