package dev.whetstone.grammar.machine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What may follow a text that was read so far. */
public final class State {
  /** No text continues so. */
  static final State DEAD = new State(List.of());

  final List<Stack> stacks;
  private final boolean mayEnd;
  private final boolean unique;
  private final int freeLength;
  private @Nullable State @Nullable [] next;

  State(List<Stack> stacks) {
    this.stacks = stacks;
    boolean end = false;
    boolean remembers = false;
    int free = -1;
    for (Stack stack : stacks) {
      end |= stack.mayEnd();
      remembers |= stack.top.isUnique();
      free = Math.max(free, stack.top.freeLength());
    }
    this.mayEnd = end;
    this.unique = remembers;
    this.freeLength = free;
  }

  /** Whether the text so far is whole. */
  public boolean mayEnd() {
    return mayEnd;
  }

  /** Whether it remembers text, so that it is unlikely to be met again. */
  public boolean isUnique() {
    return unique;
  }

  /**
   * The number of characters that may follow, whichever they are, if only they need no escape in a
   * JSON string: {@link Integer#MAX_VALUE} for no limit, negative if none may.
   */
  public int freeLength() {
    return freeLength;
  }

  @Nullable State known(int b) {
    @Nullable State[] all = next;
    return all == null ? null : all[b];
  }

  void learn(int b, State state) {
    @Nullable State[] all = next == null ? new State[256] : next;
    all[b] = state;
    next = all;
  }
}
