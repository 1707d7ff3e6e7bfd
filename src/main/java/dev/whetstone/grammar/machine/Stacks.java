package dev.whetstone.grammar.machine;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Collects the stacks of a state. */
final class Stacks {
  private static final int MAX_STACKS = 4_096;

  private final Set<Stack> stacks = new LinkedHashSet<>();

  void add(Stack stack) {
    // Ever more readings of one text: those that are left out only narrow what may follow.
    if (stacks.size() < MAX_STACKS) {
      stacks.add(stack);
    }
  }

  List<Stack> list() {
    return List.copyOf(stacks);
  }
}
