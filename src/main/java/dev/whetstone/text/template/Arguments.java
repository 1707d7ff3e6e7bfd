package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.None;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The arguments of a call: by position, then by name. */
record Arguments(List<Object> positional, Map<String, Object> named) {
  static final Arguments EMPTY = new Arguments(List.of(), Map.of());

  /**
   * Binds the arguments to a signature.
   *
   * @param signature the names in order, those that may be left out with a question mark
   */
  Bound bind(String function, String... signature) {
    if (positional.size() > signature.length) {
      throw new JinjaException(
          function
              + "() takes at most "
              + signature.length
              + " arguments, not "
              + positional.size());
    }
    Map<String, Object> values = new HashMap<>();
    Map<String, Object> rest = new HashMap<>(named);
    for (int i = 0; i < signature.length; i++) {
      boolean optional = signature[i].endsWith("?");
      String name = optional ? signature[i].substring(0, signature[i].length() - 1) : signature[i];
      Object value = rest.remove(name);
      if (i < positional.size()) {
        if (value != null) {
          throw new JinjaException(function + "() got " + name + " twice");
        }
        value = positional.get(i);
      }
      if (value != null) {
        values.put(name, value);
      } else if (!optional) {
        throw new JinjaException(function + "() lacks its argument " + name);
      }
    }
    if (!rest.isEmpty()) {
      throw new JinjaException(function + "() has no argument " + rest.keySet().iterator().next());
    }
    return new Bound(function, values);
  }

  /** The arguments with texts of which it is forgotten whose they are. */
  Arguments plain() {
    Map<String, Object> plain = new HashMap<>(named);
    plain.replaceAll((_, value) -> UserText.plain(value));
    return new Arguments(positional.stream().map(UserText::plain).toList(), plain);
  }

  /** Whether one of the arguments is user text. */
  boolean haveUserText() {
    return positional.stream().anyMatch(UserText::isUsers)
        || named.values().stream().anyMatch(UserText::isUsers);
  }

  /** The arguments behind the first {@code count} ones. */
  Arguments after(int count) {
    return new Arguments(positional.subList(count, positional.size()), named);
  }

  /** Arguments by name, each either given or left out. */
  record Bound(String function, Map<String, Object> values) {
    boolean has(String name) {
      return values.containsKey(name);
    }

    Object get(String name, Object otherwise) {
      return values.getOrDefault(name, otherwise);
    }

    /** An argument that the signature demands. */
    Object get(String name) {
      return get(name, None.NONE);
    }

    boolean flag(String name, boolean otherwise) {
      @Nullable Object value = values.get(name);
      return value == null ? otherwise : Values.truth(value);
    }

    String text(String name) {
      return textOf(name, get(name));
    }

    String text(String name, String otherwise) {
      return textOf(name, get(name, otherwise));
    }

    long integer(String name, long otherwise) {
      Object value = get(name, otherwise);
      return switch (value) {
        case Long number -> number;
        case Boolean bool -> bool ? 1 : 0;
        default ->
            throw new JinjaException(
                function + "(): " + name + " must be an integer, not " + Values.typeName(value));
      };
    }

    private String textOf(String name, Object value) {
      if (UserText.plain(value) instanceof String text) {
        return text;
      }
      throw new JinjaException(
          function + "(): " + name + " must be a text, not " + Values.typeName(value));
    }
  }
}
