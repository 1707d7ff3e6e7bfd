package dev.whetstone.grammar.machine;

/** One value, or a part of one, that is being read; compared by content. */
interface Frame {
  /**
   * Reads a byte.
   *
   * @param below what follows when this frame has ended
   * @param out receives each stack that the byte can lead to
   */
  void step(int b, Stack below, Stacks out);

  /** Whether what was read is complete, so that the byte may belong to what follows. */
  default boolean mayEnd() {
    return false;
  }

  /**
   * The number of characters that may follow, whichever they are, if only they do not need an
   * escape; negative if that depends on the characters.
   */
  default int freeLength() {
    return -1;
  }

  /** Whether the frame remembers text, so that its states are unlikely to be met again. */
  default boolean isUnique() {
    return false;
  }
}
