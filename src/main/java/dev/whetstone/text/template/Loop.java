package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The variable {@code loop} of a for loop. */
final class Loop implements Callable {
  private final List<Object> items;
  private final int depth;
  private final @Nullable Callable recursion;
  private int index = -1;
  private @Nullable Object lastChanged;

  /**
   * Creates the variable.
   *
   * @param recursion runs the loop on other items; null where it is not declared recursive
   */
  Loop(List<Object> items, int depth, @Nullable Callable recursion) {
    this.items = items;
    this.depth = depth;
    this.recursion = recursion;
  }

  void advance() {
    index++;
  }

  int index() {
    return index + 1;
  }

  int length() {
    return items.size();
  }

  int depth() {
    return depth;
  }

  @Nullable Object attribute(String name) {
    return switch (name) {
      case "index" -> (long) index + 1;
      case "index0" -> (long) index;
      case "revindex" -> (long) items.size() - index;
      case "revindex0" -> (long) items.size() - index - 1;
      case "first" -> index == 0;
      case "last" -> index == items.size() - 1;
      case "length" -> (long) items.size();
      case "depth" -> (long) depth;
      case "depth0" -> (long) depth - 1;
      case "previtem" ->
          index == 0 ? new Undefined("there is no previous item") : items.get(index - 1);
      case "nextitem" ->
          index == items.size() - 1 ? new Undefined("there is no next item") : items.get(index + 1);
      case "cycle" -> (Callable) (arguments, budget) -> cycle(arguments.positional());
      case "changed" -> (Callable) (arguments, budget) -> changed(arguments.positional());
      default -> null;
    };
  }

  private Object cycle(List<Object> values) {
    if (values.isEmpty()) {
      throw new JinjaException("no items for cycling given");
    }
    return values.get(index % values.size());
  }

  private Object changed(List<Object> values) {
    Tuple now = new Tuple(values);
    boolean same = lastChanged != null && Values.equal(lastChanged, now);
    lastChanged = now;
    return !same;
  }

  @Override
  public Object call(Arguments arguments, Budget budget) {
    if (recursion == null) {
      throw new JinjaException("the loop must have the 'recursive' marker to be called");
    }
    return recursion.call(arguments, budget);
  }
}
