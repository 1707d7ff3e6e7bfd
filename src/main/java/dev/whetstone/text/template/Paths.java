package dev.whetstone.text.template;

/** Attributes of attributes by a path such as {@code a.b.0}, as filters name them. */
final class Paths {
  private Paths() {}

  static Object get(Object value, Object path, Budget budget) {
    if (!(UserText.plain(path) instanceof String names)) {
      return Attributes.item(value, path, budget);
    }
    Object result = value;
    for (String name : names.split("\\.", -1)) {
      boolean number = !name.isEmpty() && name.chars().allMatch(Character::isDigit);
      result =
          Attributes.item(result, number ? (Object) (long) FormatSpec.number(name) : name, budget);
    }
    return result;
  }
}
