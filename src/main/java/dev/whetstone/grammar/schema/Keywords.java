package dev.whetstone.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the keywords of one schema object; refuses what is unknown or malformed. */
record Keywords(JsonNode schema, String path) {
  static final List<String> NUMBER =
      List.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf");
  static final List<String> TEXT = List.of("minLength", "maxLength", "pattern", "format");
  static final List<String> ARRAY =
      List.of("items", "prefixItems", "additionalItems", "minItems", "maxItems");
  static final List<String> OBJECT =
      List.of(
          "properties",
          "required",
          "additionalProperties",
          "patternProperties",
          "propertyNames",
          "minProperties",
          "maxProperties");
  static final List<String> COMBINING = List.of("$ref", "allOf", "anyOf", "oneOf", "enum", "const");

  /** Keywords that describe a value and do not limit it. */
  private static final Set<String> ANNOTATIONS =
      Set.of(
          "title",
          "description",
          "default",
          "examples",
          "example",
          "deprecated",
          "readOnly",
          "writeOnly",
          "discriminator",
          "contentMediaType",
          "contentEncoding",
          "$schema",
          "$comment",
          "$id",
          "$defs",
          "definitions");

  private static final int MAX_COUNT = 100_000;

  /**
   * Checks that every keyword is known.
   *
   * @throws SchemaException that names the first one that is not
   */
  void requireKnown() {
    for (var field : schema.properties()) {
      String name = field.getKey();
      boolean known =
          name.equals("type")
              || NUMBER.contains(name)
              || TEXT.contains(name)
              || ARRAY.contains(name)
              || OBJECT.contains(name)
              || COMBINING.contains(name)
              || ANNOTATIONS.contains(name)
              || name.startsWith("x-");
      // Its default asks for nothing.
      boolean idle = name.equals("uniqueItems") && field.getValue().isBoolean();
      if (!known && !(idle && !field.getValue().booleanValue())) {
        throw SchemaException.unsupported(path, name);
      }
    }
  }

  boolean hasAny(List<String> keywords) {
    return keywords.stream().anyMatch(schema::has);
  }

  @Nullable JsonNode get(String keyword) {
    return schema.get(keyword);
  }

  String at(String keyword) {
    return path + "/" + keyword.replace("~", "~0").replace("/", "~1");
  }

  /** A keyword's count, or a default if it is absent. */
  int count(String keyword, int absent) {
    JsonNode value = schema.get(keyword);
    if (value == null) {
      return absent;
    }
    boolean whole = value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0;
    if (!whole || value.decimalValue().signum() < 0) {
      throw malformed(keyword, "a whole number from 0 on");
    }
    if (value.decimalValue().compareTo(BigDecimal.valueOf(MAX_COUNT)) > 0) {
      throw new SchemaException(at(keyword), keyword + " is above " + MAX_COUNT);
    }
    return value.intValue();
  }

  @Nullable BigDecimal number(String keyword) {
    JsonNode value = schema.get(keyword);
    if (value == null || value.isBoolean()) {
      return null;
    }
    if (!value.isNumber()) {
      throw malformed(keyword, "a number");
    }
    return value.decimalValue();
  }

  /** Whether a keyword of draft 4, a flag of another keyword, is set. */
  boolean flag(String keyword) {
    JsonNode value = schema.get(keyword);
    return value != null && value.isBoolean() && value.booleanValue();
  }

  /** A keyword's list; empty if it is absent. */
  List<JsonNode> list(String keyword) {
    JsonNode value = schema.get(keyword);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray()) {
      throw malformed(keyword, "a list");
    }
    return value.valueStream().toList();
  }

  /** A keyword's list, which must not be empty. */
  List<JsonNode> someOf(String keyword) {
    List<JsonNode> values = list(keyword);
    if (values.isEmpty()) {
      throw malformed(keyword, "a list of at least one");
    }
    return values;
  }

  SchemaException malformed(String keyword, String expected) {
    return new SchemaException(at(keyword), keyword + " must be " + expected);
  }
}
