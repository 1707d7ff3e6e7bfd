package dev.whetstone.text.template;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Python's dict: equal keys are one, such as 1, 1.0 and True, whoever wrote their text. It keeps
 * the key that came first.
 */
final class Dict extends AbstractMap<Object, Object> {
  private final Map<Object, Map.Entry<Object, Object>> entries = new LinkedHashMap<>();

  Dict() {}

  Dict(Map<?, ?> entries) {
    entries.forEach(this::put);
  }

  @Override
  public @Nullable Object put(Object key, Object value) {
    Object comparable = comparable(key);
    Map.Entry<Object, Object> old = entries.get(comparable);
    if (old != null) {
      return old.setValue(value);
    }
    entries.put(comparable, new SimpleEntry<>(key, value));
    return null;
  }

  @Override
  public @Nullable Object get(@Nullable Object key) {
    Map.Entry<Object, Object> found = key == null ? null : entries.get(comparable(key));
    return found == null ? null : found.getValue();
  }

  @Override
  public boolean containsKey(@Nullable Object key) {
    return key != null && entries.containsKey(comparable(key));
  }

  @Override
  public Set<Map.Entry<Object, Object>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public Iterator<Map.Entry<Object, Object>> iterator() {
        return entries.values().iterator();
      }

      @Override
      public int size() {
        return entries.size();
      }
    };
  }

  /** A key in the form that Java's equals compares as Python does. */
  static Object comparable(Object key) {
    return switch (key) {
      case UserText user -> user.text();
      case Boolean bool -> Values.integer(bool);
      case Double number when number == Math.rint(number) && Math.abs(number) < 0x1p63 ->
          number.longValue();
      case Tuple tuple -> new Tuple(tuple.items().stream().map(Dict::comparable).toList());
      default -> key;
    };
  }
}
