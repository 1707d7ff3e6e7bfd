package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;
import java.util.List;

/** Python's {@code '{} {name:>8}'.format(...)}. */
final class BraceFormat {
  private BraceFormat() {}

  static Object format(Object template, Arguments arguments, Budget budget) {
    String format = UserText.string(template);
    TextBuilder result = new TextBuilder();
    int automatic = 0;
    boolean numbered = false;
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      boolean twice = i + 1 < format.length() && format.charAt(i + 1) == c;
      if ((c == '{' || c == '}') && twice) {
        result.append(template, i, i + 1);
        i++;
      } else if (c == '}') {
        throw new JinjaException("single '}' encountered in format string");
      } else if (c != '{') {
        result.append(template, i, i + 1);
      } else {
        int end = format.indexOf('}', i);
        if (end < 0) {
          throw new JinjaException("expected '}' before end of string");
        }
        String field = format.substring(i + 1, end);
        int colon = field.indexOf(':');
        String name = colon < 0 ? field : field.substring(0, colon);
        Object value = value(name, automatic, arguments, budget);
        boolean counts = name.isEmpty() || name.startsWith("!");
        automatic += counts ? 1 : 0;
        numbered |= !counts && Character.isDigit(name.charAt(0));
        if (numbered && automatic > 0) {
          throw new JinjaException("a format numbers either all of its fields or none");
        }
        String spec = colon < 0 ? "" : field.substring(colon + 1);
        StringMethods.append(result, "", FormatSpec.parse(spec).text(value, budget), budget);
        i = end;
      }
    }
    return result.toText();
  }

  private static Object value(String field, int automatic, Arguments arguments, Budget budget) {
    int mark = field.indexOf('!');
    String path = mark < 0 ? field : field.substring(0, mark);
    List<String> steps = List.of(path.split("(?=[.\\[])"));
    String name = steps.getFirst();
    boolean position = name.isEmpty() || name.chars().allMatch(Character::isDigit);
    int index = name.isEmpty() ? automatic : position ? FormatSpec.number(name) : -1;
    Object value =
        position
            ? (index < arguments.positional().size() ? arguments.positional().get(index) : null)
            : arguments.named().get(name);
    if (value == null) {
      throw new JinjaException("no value for the format's field '" + field + "'");
    }
    for (String step : steps.subList(1, steps.size())) {
      value = step(value, step, budget);
    }
    return mark < 0 ? value : converted(field.substring(mark), value, budget);
  }

  private static Object step(Object value, String step, Budget budget) {
    String name = step.substring(1);
    if (!step.startsWith("[")) {
      return Attributes.attribute(value, name, budget);
    }
    String key = name.endsWith("]") ? name.substring(0, name.length() - 1) : name;
    Object item =
        key.chars().allMatch(Character::isDigit) && !key.isEmpty()
            ? (Object) (long) FormatSpec.number(key)
            : key;
    return Attributes.item(value, item, budget);
  }

  private static Object converted(String conversion, Object value, Budget budget) {
    return switch (conversion) {
      case "!r", "!a" -> PythonText.marked(value, PythonText.repr(value, budget), budget);
      case "!s" -> PythonText.text(value, budget);
      default -> throw new JinjaException("unknown conversion " + conversion);
    };
  }
}
