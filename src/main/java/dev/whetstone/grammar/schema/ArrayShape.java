package dev.whetstone.grammar.schema;

import java.util.List;

/** An array: its first items each have a shape of their own, all further ones share one. */
public final class ArrayShape implements Shape {
  final List<Shape> prefix;
  final Shape items;
  private final int min;
  private final int declaredMax;
  private int max;
  private boolean possible;

  /**
   * @param max most items; negative for no limit
   */
  ArrayShape(List<Shape> prefix, Shape items, int min, int max) {
    this.prefix = List.copyOf(prefix);
    this.items = items;
    this.min = min;
    this.declaredMax = max;
    this.max = max;
  }

  int declaredMax() {
    return declaredMax;
  }

  /** Fewest items. */
  public int min() {
    return min;
  }

  /** Whether an item may follow {@code count} others. */
  public boolean mayHave(int count) {
    return max < 0 || count < max;
  }

  /** The shape of an item. */
  public Shape item(int index) {
    return index < prefix.size() ? prefix.get(index) : items;
  }

  /** The count to remember: beyond it, one count is as good as another. */
  public int remembered(int count) {
    return max < 0 ? Math.min(count, Math.max(min, prefix.size())) : count;
  }

  @Override
  public List<Shape> options() {
    return possible ? List.of(this) : List.of();
  }

  /** Learns from its items; whether anything changed. */
  boolean link() {
    int reachable = 0;
    while (reachable < prefix.size() && prefix.get(reachable).isPossible()) {
      reachable++;
    }
    boolean endless = reachable == prefix.size() && items.isPossible();
    int limit =
        endless ? declaredMax : declaredMax < 0 ? reachable : Math.min(declaredMax, reachable);
    boolean now = limit < 0 || min <= limit;
    boolean changed = limit != max || now != possible;
    max = limit;
    possible = now;
    return changed;
  }
}
