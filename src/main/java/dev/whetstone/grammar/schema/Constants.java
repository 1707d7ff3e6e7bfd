package dev.whetstone.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/** Whether a given value has a shape. */
final class Constants {
  private Constants() {}

  static boolean allows(Shape shape, JsonNode value) {
    return Union.flatten(shape).stream().anyMatch(option -> allowsOne(option, value));
  }

  private static boolean allowsOne(Shape shape, JsonNode value) {
    return switch (shape) {
      case Literals literals -> literals.values.stream().anyMatch(v -> same(v, value));
      case NumberShape number -> value.isNumber() && number.allows(value.decimalValue());
      case TextShape text -> value.isTextual() && text.matches(value.textValue());
      case ArrayShape array -> value.isArray() && allows(array, value);
      case ObjectShape object -> value.isObject() && allows(object, value);
      case Union _, Deferred _ -> throw new IllegalStateException("flattened");
    };
  }

  /** Equality of JSON Schema: numbers by value. */
  static boolean same(JsonNode a, JsonNode b) {
    return (a.isNumber() && b.isNumber())
        ? a.decimalValue().compareTo(b.decimalValue()) == 0
        : a.equals(b);
  }

  private static boolean allows(ArrayShape array, JsonNode value) {
    int max = array.declaredMax();
    if (value.size() < array.min() || (max >= 0 && value.size() > max)) {
      return false;
    }
    for (int i = 0; i < value.size(); i++) {
      if (!allows(array.item(i), value.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean allows(ObjectShape object, JsonNode value) {
    if (value.size() < object.min || (object.max >= 0 && value.size() > object.max)) {
      return false;
    }
    for (ObjectShape.Property property : object.declared) {
      if (property.required() && !value.has(property.name())) {
        return false;
      }
    }
    for (Map.Entry<String, JsonNode> field : value.properties()) {
      Shape shape = object.valueOf(field.getKey());
      if (shape == null || !allows(shape, field.getValue())) {
        return false;
      }
    }
    return true;
  }
}
