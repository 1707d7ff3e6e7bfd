package dev.whetstone.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.grammar.regex.PatternException;
import dev.whetstone.grammar.regex.Patterns;
import java.math.BigDecimal;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads a JSON Schema into shapes. */
public final class SchemaReader {
  private static final List<String> TYPES =
      List.of("null", "boolean", "integer", "number", "string", "array", "object");
  private static final List<String> EVERY_TYPE =
      List.of("null", "boolean", "number", "string", "array", "object");

  private final JsonNode root;
  private final Shape any;
  private final Intersections intersections;
  private final ObjectReader objects;
  private final Map<String, Deferred> references = new HashMap<>();

  private SchemaReader(JsonNode root, boolean ordered) {
    this.root = root;
    this.any = anything();
    this.intersections = new Intersections(any);
    this.objects = new ObjectReader(this, any, intersections, ordered);
  }

  /**
   * Reads a schema.
   *
   * @param ordered whether objects have their declared properties in the schema's order
   * @throws SchemaException when the schema is malformed, not supported, or allows no value
   */
  public static Shape read(JsonNode schema, boolean ordered) {
    SchemaReader reader = new SchemaReader(schema, ordered);
    try {
      Shape shape = reader.read(schema, "");
      Linker.link(shape);
      return shape;
    } catch (StackOverflowError tooDeep) {
      throw new SchemaException("", "the schema is nested too deeply");
    }
  }

  /** Any JSON object. */
  public static Shape anyObject() {
    Shape any = anything();
    ObjectShape object = freeObject(any);
    Linker.link(object);
    return object;
  }

  private static Shape anything() {
    // Initialised by the first use, after the field of the enclosing union is set.
    Union[] union = new Union[1];
    Deferred any = new Deferred("anything", () -> union[0]);
    union[0] =
        new Union(
            List.of(
                Literals.NULL,
                Literals.BOOLEAN,
                NumberShape.any(false),
                TextShape.FREE,
                new ArrayShape(List.of(), any, 0, -1),
                freeObject(any)));
    return any;
  }

  static ObjectShape freeObject(Shape any) {
    return new ObjectShape(
        List.of(), List.of(new ObjectShape.Extra(TextShape.FREE, any)), 0, -1, true, false);
  }

  Shape read(@Nullable JsonNode schema, String path) {
    if (schema == null || !(schema.isObject() || schema.isBoolean())) {
      throw new SchemaException(path, "a schema must be an object or a boolean");
    }
    if (schema.isBoolean()) {
      return schema.booleanValue() ? any : Union.NOTHING;
    }
    Keywords keywords = new Keywords(schema, path);
    keywords.requireKnown();
    Shape shape = typed(keywords);
    if (keywords.get("enum") != null) {
      shape = intersections.of(shape, Literals.ofValues(keywords.someOf("enum")));
    }
    JsonNode constant = keywords.get("const");
    if (constant != null) {
      shape = intersections.of(shape, Literals.ofValues(List.of(constant)));
    }
    JsonNode reference = keywords.get("$ref");
    if (reference != null) {
      shape = intersections.of(shape, referenced(reference.asText(), path));
    }
    if (keywords.get("allOf") != null) {
      for (Shape part : all(keywords, "allOf")) {
        shape = intersections.of(shape, part);
      }
    }
    if (keywords.get("anyOf") != null) {
      shape = intersections.of(shape, Union.of(all(keywords, "anyOf")));
    }
    if (keywords.get("oneOf") != null) {
      shape = intersections.of(shape, oneOf(keywords));
    }
    return shape;
  }

  private List<Shape> all(Keywords keywords, String keyword) {
    List<JsonNode> schemas = keywords.someOf(keyword);
    List<Shape> shapes = new ArrayList<>();
    for (int i = 0; i < schemas.size(); i++) {
      shapes.add(read(schemas.get(i), keywords.at(keyword) + "/" + i));
    }
    return shapes;
  }

  private Shape oneOf(Keywords keywords) {
    List<Shape> shapes = all(keywords, "oneOf");
    Shape union = Union.of(shapes);
    // Compared when it is first needed: until then a reference cannot be followed.
    return new Deferred(
        "oneOf",
        () -> {
          for (int i = 0; i < shapes.size(); i++) {
            for (int j = i + 1; j < shapes.size(); j++) {
              if (!Disjoint.areDisjoint(shapes.get(i), shapes.get(j))) {
                throw new SchemaException(
                    keywords.at("oneOf"),
                    "oneOf is supported where no value can match two of its schemas, as %d and %d"
                            .formatted(i, j)
                        + " may; anyOf does without that");
              }
            }
          }
          return union;
        });
  }

  private Shape referenced(String reference, String path) {
    if (!reference.startsWith("#")) {
      throw new SchemaException(path, "$ref to another document is not supported: " + reference);
    }
    Deferred known = references.get(reference);
    if (known == null) {
      String pointer = unescaped(reference.substring(1));
      boolean isPointer = pointer.isEmpty() || pointer.startsWith("/");
      JsonNode target = isPointer ? root.at(pointer) : null;
      if (target == null || target.isMissingNode()) {
        throw new SchemaException(path, "$ref points to nothing: " + reference);
      }
      known = new Deferred("$ref " + reference, () -> read(target, pointer));
      references.put(reference, known);
    }
    return known;
  }

  private static String unescaped(String pointer) {
    try {
      return URLDecoder.decode(pointer.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      return pointer;
    }
  }

  /** What {@code type} and the keywords of single types allow. */
  private Shape typed(Keywords keywords) {
    Set<String> types = types(keywords);
    if (types.isEmpty()) {
      return any;
    }
    List<Shape> shapes = new ArrayList<>();
    for (String type : types) {
      shapes.add(
          switch (type) {
            case "null" -> Literals.NULL;
            case "boolean" -> Literals.BOOLEAN;
            case "integer" -> number(keywords, true);
            case "number" -> number(keywords, false);
            case "string" -> text(keywords);
            case "array" -> array(keywords);
            default -> objects.read(keywords);
          });
    }
    return Union.of(shapes);
  }

  /**
   * The types that a value may have; empty if the schema says nothing of any type. Where it limits
   * some types but names none, those are meant.
   */
  private static Set<String> types(Keywords keywords) {
    JsonNode type = keywords.get("type");
    Set<String> types = new LinkedHashSet<>();
    if (type != null) {
      for (JsonNode name : type.isArray() ? type.valueStream().toList() : List.of(type)) {
        if (!TYPES.contains(name.asText())) {
          throw keywords.malformed("type", "one or more of " + TYPES);
        }
        types.add(name.asText());
      }
      if (types.contains("number")) {
        types.remove("integer");
      }
      if (types.isEmpty()) {
        throw keywords.malformed("type", "one or more of " + TYPES);
      }
      return types;
    }
    Map<String, List<String>> hints = new LinkedHashMap<>();
    hints.put("number", Keywords.NUMBER);
    hints.put("string", Keywords.TEXT);
    hints.put("array", Keywords.ARRAY);
    hints.put("object", Keywords.OBJECT);
    hints.forEach(
        (name, words) -> {
          if (keywords.hasAny(words)) {
            types.add(name);
          }
        });
    if (!types.isEmpty() && keywords.hasAny(Keywords.COMBINING)) {
      types.addAll(EVERY_TYPE);
    }
    return types;
  }

  private static Shape number(Keywords keywords, boolean integer) {
    JsonNode format = keywords.get("format");
    BigDecimal least = keywords.number("minimum");
    BigDecimal most = keywords.number("maximum");
    NumberShape shape =
        bounded(
            keywords,
            least,
            keywords.flag("exclusiveMinimum"),
            most,
            keywords.flag("exclusiveMaximum"),
            integer);
    NumberShape open =
        bounded(
            keywords,
            keywords.number("exclusiveMinimum"),
            true,
            keywords.number("exclusiveMaximum"),
            true,
            integer);
    NumberShape both = shape.intersect(open);
    return switch (format == null ? "" : format.asText()) {
      case "int32" -> both.intersect(range(Integer.MIN_VALUE, Integer.MAX_VALUE));
      case "int64" -> both.intersect(range(Long.MIN_VALUE, Long.MAX_VALUE));
      default -> both;
    };
  }

  private static NumberShape range(long min, long max) {
    return new NumberShape(
        BigDecimal.valueOf(min), false, BigDecimal.valueOf(max), false, null, true);
  }

  private static NumberShape bounded(
      Keywords keywords,
      @Nullable BigDecimal min,
      boolean minExclusive,
      @Nullable BigDecimal max,
      boolean maxExclusive,
      boolean integer) {
    BigDecimal multiple = keywords.number("multipleOf");
    if (multiple != null && multiple.signum() <= 0) {
      throw keywords.malformed("multipleOf", "above 0");
    }
    return new NumberShape(min, minExclusive, max, maxExclusive, multiple, integer);
  }

  TextShape text(Keywords keywords) {
    TextShape shape =
        TextShape.lengths(keywords.count("minLength", 0), keywords.count("maxLength", -1));
    JsonNode pattern = keywords.get("pattern");
    JsonNode format = keywords.get("format");
    if (pattern != null) {
      if (!pattern.isTextual()) {
        throw keywords.malformed("pattern", "a text");
      }
      shape = shape.intersect(pattern(pattern.textValue(), keywords.at("pattern")));
    }
    boolean ofNumbers =
        format != null && Set.of("int32", "int64", "float", "double").contains(format.asText());
    if (format != null && !ofNumbers) {
      TextShape known = Formats.of(format.asText());
      if (known == null) {
        throw new SchemaException(
            keywords.at("format"), "the format " + format.asText() + " is not supported");
      }
      shape = shape.intersect(known);
    }
    return shape;
  }

  static TextShape pattern(String pattern, String path) {
    try {
      return TextShape.of(Patterns.compile(pattern));
    } catch (PatternException unusable) {
      throw new SchemaException(path, String.valueOf(unusable.getMessage()));
    }
  }

  private Shape array(Keywords keywords) {
    JsonNode items = keywords.get("items");
    // Before draft 2020-12, a list in items was what prefixItems is now.
    boolean old = items != null && items.isArray();
    String first = old ? "items" : "prefixItems";
    List<Shape> prefix = keywords.get(first) == null ? List.of() : all(keywords, first);
    String rest = old ? "additionalItems" : "items";
    JsonNode others = keywords.get(rest);
    return new ArrayShape(
        prefix,
        others == null ? any : read(others, keywords.at(rest)),
        keywords.count("minItems", 0),
        keywords.count("maxItems", -1));
  }
}
