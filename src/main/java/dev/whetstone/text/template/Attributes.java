package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Characters;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Attributes and items of values: {@code a.b} looks for an attribute first, {@code a['b']} for an
 * item, and each then for the other. What is not there, and every method that would change a value,
 * is {@link Undefined}.
 */
final class Attributes {
  private Attributes() {}

  static Object attribute(Object of, String name, Budget budget) {
    Values.requireDefined(of);
    Object attribute = ownAttribute(of, name);
    if (attribute == null && of instanceof Map<?, ?> dict) {
      attribute = dict.get(name);
    }
    return attribute == null ? missing(of, name) : attribute;
  }

  static Object item(Object of, Object key, Budget budget) {
    Values.requireDefined(of);
    Object item = ownItem(of, key, budget);
    if (item == null && UserText.plain(key) instanceof String name) {
      item = ownAttribute(of, name);
    }
    return item == null ? missing(of, PythonText.str(key, budget)) : item;
  }

  private static Undefined missing(Object of, String name) {
    return new Undefined("'" + Values.typeName(of) + " object' has no attribute '" + name + "'");
  }

  private static @Nullable Object ownAttribute(Object of, String name) {
    return switch (of) {
      case String text -> StringMethods.find(text, name);
      case UserText text -> StringMethods.find(text, name);
      case Map<?, ?> dict -> CollectionMethods.ofDict(dict, name);
      case List<?> list -> CollectionMethods.ofList(list, name);
      case Tuple tuple ->
          tuple.names().contains(name)
              ? tuple.items().get(tuple.names().indexOf(name))
              : CollectionMethods.ofList(tuple.items(), name);
      case Namespace namespace -> namespace.attributes().get(name);
      case Loop loop -> loop.attribute(name);
      case Macro macro -> name.equals("name") ? macro.name() : null;
      case Globals.Cycler cycler -> cycler.attribute(name);
      default -> null;
    };
  }

  private static @Nullable Object ownItem(Object of, Object key, Budget budget) {
    return switch (of) {
      case Map<?, ?> dict -> dict.get(key);
      case List<?> list -> at(list, key);
      case Tuple tuple -> at(tuple.items(), key);
      case Sequence sequence when sequence.kind == Sequence.Kind.RANGE -> at(sequence.items(), key);
      case String text -> character(text, key, budget);
      case UserText text -> character(text, key, budget);
      default -> null;
    };
  }

  private static @Nullable Object character(Object of, Object key, Budget budget) {
    String text = UserText.string(of);
    if (!(key instanceof Long || key instanceof Boolean)) {
      return null;
    }
    budget.charge(text.length());
    int length = Characters.length(text);
    long index = Values.integer(key) < 0 ? Values.integer(key) + length : Values.integer(key);
    if (index < 0 || index >= length) {
      return null;
    }
    int from = Characters.offset(text, (int) index);
    return UserText.part(of, from, text.offsetByCodePoints(from, 1));
  }

  private static @Nullable Object at(List<?> items, Object key) {
    if (!(key instanceof Long || key instanceof Boolean)) {
      return null;
    }
    long number = Values.integer(key);
    long index = number < 0 ? number + items.size() : number;
    return index < 0 || index >= items.size() ? null : items.get((int) index);
  }
}
