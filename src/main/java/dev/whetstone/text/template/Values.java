package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Characters;
import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.None;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What Python asks of every value: type, truth, items, equality, order. */
final class Values {
  private Values() {}

  /**
   * A value of a template made of plain Java data: numbers, texts, collections, maps, null.
   *
   * @param user whether its texts are the user's
   */
  static Object of(@Nullable Object value, boolean user) {
    return switch (value) {
      case null -> None.NONE;
      case Integer number -> number.longValue();
      case Short number -> number.longValue();
      case Byte number -> number.longValue();
      case Float number -> number.doubleValue();
      case Long number -> number;
      case Double number -> number;
      case Boolean bool -> bool;
      case CharSequence text -> user ? UserText.of(text.toString()) : text.toString();
      case Template.OwnText known -> known.text();
      case Number number -> number.doubleValue();
      case Collection<?> items -> {
        List<Object> list = new ArrayList<>(items.size());
        items.forEach(item -> list.add(of(item, user)));
        yield list;
      }
      case Map<?, ?> map -> {
        Map<Object, Object> dict = new Dict();
        map.forEach((key, item) -> dict.put(of(key, user), of(item, user)));
        yield dict;
      }
      default ->
          throw new IllegalArgumentException(
              "a template has no values of " + value.getClass().getName());
    };
  }

  static String typeName(Object value) {
    return switch (value) {
      case None none -> "NoneType";
      case Boolean bool -> "bool";
      case Long number -> "int";
      case Double number -> "float";
      case String text -> "str";
      case UserText text -> "str";
      case List<?> list -> "list";
      case Tuple tuple -> "tuple";
      case Map<?, ?> dict -> "dict";
      case Undefined undefined -> "Undefined";
      case Namespace namespace -> "Namespace";
      case Sequence sequence -> sequence.label();
      case Macro macro -> "Macro";
      case Loop loop -> "LoopContext";
      default -> "function";
    };
  }

  static boolean truth(Object value) {
    return switch (value) {
      case None none -> false;
      case Undefined undefined -> false;
      case Boolean bool -> bool;
      case Long number -> number != 0;
      case Double number -> number != 0;
      case String text -> !text.isEmpty();
      case UserText text -> true;
      case Sequence sequence ->
          sequence.kind == Sequence.Kind.GENERATOR || !sequence.items().isEmpty();
      default -> {
        Collection<?> items = collection(value);
        yield items == null || !items.isEmpty();
      }
    };
  }

  /** A list's, tuple's or dictionary's items or keys. */
  private static @Nullable Collection<?> collection(Object value) {
    return switch (value) {
      case List<?> list -> list;
      case Tuple tuple -> tuple.items();
      case Map<?, ?> dict -> dict.keySet();
      default -> null;
    };
  }

  /** Python's len(); empty for what has none. */
  static OptionalLong length(Object value) {
    if (UserText.plain(value) instanceof String text) {
      return OptionalLong.of(Characters.length(text));
    }
    if (value instanceof Undefined) {
      return OptionalLong.of(0);
    }
    if (value instanceof Sequence sequence && sequence.kind != Sequence.Kind.GENERATOR) {
      return OptionalLong.of(sequence.items().size());
    }
    if (value instanceof Loop loop) {
      return OptionalLong.of(loop.length());
    }
    Collection<?> items = collection(value);
    return items == null ? OptionalLong.empty() : OptionalLong.of(items.size());
  }

  static boolean isIterable(Object value) {
    return UserText.isText(value)
        || value instanceof Undefined
        || value instanceof Sequence
        || collection(value) != null;
  }

  /** The items of a value, paid for. */
  static List<Object> items(Object value, Budget budget) {
    switch (value) {
      case String text -> {
        budget.charge(8L * text.length());
        List<Object> characters = new ArrayList<>(text.length());
        text.codePoints().forEach(c -> characters.add(Character.toString(c)));
        return characters;
      }
      case UserText user -> {
        String text = user.text();
        budget.charge(8L * text.length());
        List<Object> characters = new ArrayList<>(text.length());
        for (int i = 0, next; i < text.length(); i = next) {
          next = text.offsetByCodePoints(i, 1);
          characters.add(UserText.part(user, i, next));
        }
        return characters;
      }
      case Undefined undefined -> {
        return List.of();
      }
      case Sequence sequence -> {
        budget.charge(sequence.items().size());
        return sequence.take();
      }
      default -> {
        Collection<?> items = collection(value);
        if (items == null) {
          throw new JinjaException("'" + typeName(value) + "' object is not iterable");
        }
        budget.charge(items.size());
        return new ArrayList<>(items);
      }
    }
  }

  static boolean equal(Object a, Object b) {
    if (isNumber(a) && isNumber(b)) {
      return (a instanceof Double || b instanceof Double)
          ? decimal(a) == decimal(b)
          : integer(a) == integer(b);
    }
    return switch (a) {
      case List<?> list -> b instanceof List<?> other && equalItems(list, other);
      case Tuple tuple -> b instanceof Tuple other && equalItems(tuple.items(), other.items());
      case Map<?, ?> dict -> b instanceof Map<?, ?> other && equalEntries(dict, other);
      default -> UserText.plain(a).equals(UserText.plain(b));
    };
  }

  private static boolean equalItems(List<?> a, List<?> b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!equal(a.get(i), b.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalEntries(Map<?, ?> a, Map<?, ?> b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (Map.Entry<?, ?> entry : a.entrySet()) {
      Object other = b.get(entry.getKey());
      if (other == null || !equal(entry.getValue(), other)) {
        return false;
      }
    }
    return true;
  }

  /** Python's order of two values that have one. */
  static int compare(Object a, Object b, String operator) {
    if (isNumber(a) && isNumber(b)) {
      return (a instanceof Double || b instanceof Double)
          ? Double.compare(decimal(a), decimal(b))
          : Long.compare(integer(a), integer(b));
    }
    if (UserText.plain(a) instanceof String left && UserText.plain(b) instanceof String right) {
      return Characters.compare(left, right);
    }
    if (a instanceof List<?> left && b instanceof List<?> right) {
      return compareItems(left, right, operator);
    }
    if (a instanceof Tuple left && b instanceof Tuple right) {
      return compareItems(left.items(), right.items(), operator);
    }
    requireDefined(a);
    requireDefined(b);
    throw new JinjaException(
        "'" + operator + "' not supported between '" + typeName(a) + "' and '" + typeName(b) + "'");
  }

  private static int compareItems(List<?> a, List<?> b, String operator) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      if (!equal(a.get(i), b.get(i))) {
        return compare(a.get(i), b.get(i), operator);
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  static void requireDefined(Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
  }

  /** A value as a key of a dictionary, which must not be able to change. */
  static Object key(Object value) {
    if (value instanceof List<?> || value instanceof Map<?, ?>) {
      throw new JinjaException("unhashable type: '" + typeName(value) + "'");
    }
    return value;
  }

  /** Whether a value counts as a number, as Python's bool does. */
  static boolean isNumber(Object value) {
    return value instanceof Long || value instanceof Double || value instanceof Boolean;
  }

  static long integer(Object value) {
    return value instanceof Boolean bool ? (bool ? 1 : 0) : ((Number) value).longValue();
  }

  static double decimal(Object value) {
    return value instanceof Double number ? number : integer(value);
  }
}
