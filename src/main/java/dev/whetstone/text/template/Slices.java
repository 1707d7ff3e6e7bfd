package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Characters;
import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.None;
import java.util.ArrayList;
import java.util.List;

/** Python's slices. */
final class Slices {
  private Slices() {}

  static Object slice(Object of, Object start, Object stop, Object step, Budget budget) {
    Values.requireDefined(of);
    return switch (of) {
      case String text -> characters(of, text, start, stop, step, budget);
      case UserText text -> characters(of, text.text(), start, stop, step, budget);
      case List<?> list -> chosen(list, start, stop, step, budget);
      case Tuple tuple -> new Tuple(chosen(tuple.items(), start, stop, step, budget));
      case Sequence range when range.kind == Sequence.Kind.RANGE ->
          chosen(range.items(), start, stop, step, budget);
      default -> throw new JinjaException("'" + Values.typeName(of) + "' object has no slices");
    };
  }

  private static Object characters(
      Object of, String text, Object start, Object stop, Object step, Budget budget) {
    budget.charge(2L * text.length());
    int[] offsets = new int[Characters.length(text) + 1];
    for (int i = 1; i < offsets.length; i++) {
      offsets[i] = text.offsetByCodePoints(offsets[i - 1], 1);
    }
    TextBuilder part = new TextBuilder();
    for (int i : indices(offsets.length - 1, start, stop, step)) {
      part.append(of, offsets[i], offsets[i + 1]);
    }
    return part.toText();
  }

  private static List<Object> chosen(
      List<?> items, Object start, Object stop, Object step, Budget budget) {
    budget.charge(items.size());
    List<Object> part = new ArrayList<>();
    for (int i : indices(items.size(), start, stop, step)) {
      part.add(items.get(i));
    }
    return part;
  }

  /** The indices that a slice of {@code length} items takes. */
  private static List<Integer> indices(int length, Object start, Object stop, Object step) {
    long stride = step == None.NONE ? 1 : index(step);
    if (stride == 0) {
      throw new JinjaException("slice step cannot be zero");
    }
    boolean forward = stride > 0;
    long lowest = forward ? 0 : -1;
    long highest = forward ? length : length - 1;
    long from =
        start == None.NONE ? (forward ? lowest : highest) : bound(start, length, lowest, highest);
    long to =
        stop == None.NONE ? (forward ? highest : lowest) : bound(stop, length, lowest, highest);
    List<Integer> indices = new ArrayList<>();
    for (long i = from;
        forward ? i < to : i > to;
        i += Math.clamp(stride, -length - 1L, length + 1L)) {
      indices.add((int) i);
    }
    return indices;
  }

  private static long bound(Object value, int length, long lowest, long highest) {
    long index = index(value);
    return Math.clamp(index < 0 ? index + length : index, lowest, highest);
  }

  private static long index(Object value) {
    if (value instanceof Long || value instanceof Boolean) {
      return Values.integer(value);
    }
    throw new JinjaException("slice indices must be integers or None");
  }
}
