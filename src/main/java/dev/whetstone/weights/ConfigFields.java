package dev.whetstone.weights;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** The fields of a config.json, or of an object in it; null is the same as missing. */
record ConfigFields(JsonNode root) {
  JsonNode node(String field) {
    JsonNode node = root.path(field);
    return node.isNull() ? root.path("\0") : node;
  }

  boolean has(String field) {
    return !node(field).isMissingNode();
  }

  String text(String field, String otherwise) {
    return node(field).asText(otherwise);
  }

  boolean flag(String field, boolean otherwise) {
    return node(field).asBoolean(otherwise);
  }

  int integer(String field) {
    return optionalInteger(field)
        .orElseThrow(
            () ->
                new ModelFormatException(
                    "config.json: " + field + " is missing or not a whole number"));
  }

  OptionalInt optionalInteger(String field) {
    JsonNode node = node(field);
    return node.canConvertToInt() && node.isIntegralNumber()
        ? OptionalInt.of(node.asInt())
        : OptionalInt.empty();
  }

  double decimal(String field) {
    return optionalDecimal(field)
        .orElseThrow(
            () ->
                new ModelFormatException("config.json: " + field + " is missing or not a number"));
  }

  OptionalDouble optionalDecimal(String field) {
    JsonNode node = node(field);
    return node.isNumber() ? OptionalDouble.of(node.asDouble()) : OptionalDouble.empty();
  }

  /** The numbers of a list; empty if there is none. */
  List<Double> decimals(String field) {
    List<Double> values = new ArrayList<>();
    node(field).forEach(value -> values.add(value.asDouble()));
    return values;
  }

  ConfigFields object(String field) {
    return new ConfigFields(node(field));
  }

  /** Refuses a feature by the field that asks for it. */
  void refuseUnless(String field, boolean served) {
    if (!served) {
      throw new ModelFormatException(
          "config.json: %s = %s is not served".formatted(field, root.path(field)));
    }
  }
}
