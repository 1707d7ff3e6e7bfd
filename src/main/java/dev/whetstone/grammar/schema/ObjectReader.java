package dev.whetstone.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the keywords of objects. */
final class ObjectReader {
  private static final int MAX_PATTERNS = 5;

  private final SchemaReader schemas;
  private final Shape any;
  private final Intersections intersections;
  private final boolean ordered;

  ObjectReader(SchemaReader schemas, Shape any, Intersections intersections, boolean ordered) {
    this.schemas = schemas;
    this.any = any;
    this.intersections = intersections;
    this.ordered = ordered;
  }

  /** Names of properties with the shapes of their values, before those are made one. */
  private record Group(TextShape names, List<Shape> values) {}

  /** A pattern of names, and the shape of the values that those names have. */
  private record PatternProperty(TextShape names, Shape value) {}

  ObjectShape read(Keywords keywords) {
    JsonNode declared = object(keywords, "properties");
    JsonNode additional = keywords.get("additionalProperties");
    boolean byDefault = additional == null && keywords.get("patternProperties") == null;
    Shape further =
        additional == null ? any : schemas.read(additional, keywords.at("additionalProperties"));
    TextShape names = names(keywords);
    List<PatternProperty> patterns = patterns(keywords);
    List<ObjectShape.Extra> extras = new ArrayList<>();
    for (Group group : groups(names, patterns)) {
      if (!group.names().isEmpty()) {
        extras.add(
            new ObjectShape.Extra(
                group.names(), group.values().isEmpty() ? further : all(group.values())));
      }
    }
    ObjectShape others = new ObjectShape(List.of(), extras, 0, -1, byDefault, ordered);
    Set<String> required = required(keywords);
    Map<String, ObjectShape.Property> properties = new LinkedHashMap<>();
    if (declared != null) {
      declared
          .properties()
          .forEach(
              field -> {
                String name = field.getKey();
                Shape own =
                    schemas.read(
                        field.getValue(),
                        new Keywords(declared, keywords.at("properties")).at(name));
                properties.put(
                    name,
                    new ObjectShape.Property(
                        name, limited(own, name, names, patterns), required.contains(name)));
              });
    }
    for (String name : required) {
      properties.computeIfAbsent(
          name, _ -> new ObjectShape.Property(name, orNothing(others.valueOf(name)), true));
    }
    return new ObjectShape(
        List.copyOf(properties.values()),
        extras,
        keywords.count("minProperties", 0),
        keywords.count("maxProperties", -1),
        byDefault,
        ordered);
  }

  private static Shape orNothing(@Nullable Shape shape) {
    return shape == null ? Union.NOTHING : shape;
  }

  private Shape all(List<Shape> shapes) {
    return shapes.stream().reduce(any, intersections::of);
  }

  private static @Nullable JsonNode object(Keywords keywords, String keyword) {
    JsonNode value = keywords.get(keyword);
    if (value != null && !value.isObject()) {
      throw keywords.malformed(keyword, "an object");
    }
    return value;
  }

  private static Set<String> required(Keywords keywords) {
    Set<String> names = new LinkedHashSet<>();
    for (JsonNode name : keywords.list("required")) {
      if (!name.isTextual()) {
        throw keywords.malformed("required", "a list of names");
      }
      names.add(name.textValue());
    }
    return names;
  }

  private TextShape names(Keywords keywords) {
    JsonNode schema = keywords.get("propertyNames");
    if (schema == null) {
      return TextShape.FREE;
    }
    List<TextShape> found = new ArrayList<>();
    for (Shape shape : Union.flatten(schemas.read(schema, keywords.at("propertyNames")))) {
      switch (shape) {
        case TextShape text -> found.add(text);
        case Literals literals ->
            literals.values.stream()
                .filter(JsonNode::isTextual)
                .forEach(value -> found.add(exactly(value.textValue())));
        default -> {}
      }
    }
    return found.stream()
        .reduce(TextShape::union)
        .orElseThrow(() -> new SchemaException(keywords.at("propertyNames"), "no name is allowed"));
  }

  private static TextShape exactly(String text) {
    StringBuilder pattern = new StringBuilder("^");
    text.codePoints().forEach(c -> pattern.append("\\u{%x}".formatted(c)));
    return SchemaReader.pattern(pattern + "$", "");
  }

  private List<PatternProperty> patterns(Keywords keywords) {
    JsonNode declared = object(keywords, "patternProperties");
    String path = keywords.at("patternProperties");
    Map<String, Shape> values = new LinkedHashMap<>();
    if (declared != null) {
      Keywords inner = new Keywords(declared, path);
      declared
          .properties()
          .forEach(f -> values.put(f.getKey(), schemas.read(f.getValue(), inner.at(f.getKey()))));
    }
    if (values.size() > MAX_PATTERNS) {
      throw new SchemaException(path, "more than " + MAX_PATTERNS + " patterns");
    }
    List<PatternProperty> patterns = new ArrayList<>();
    values.forEach(
        (pattern, value) ->
            patterns.add(new PatternProperty(SchemaReader.pattern(pattern, path), value)));
    return patterns;
  }

  /** The names by the set of patterns that they match. */
  private static List<Group> groups(TextShape names, List<PatternProperty> patterns) {
    List<Group> groups = List.of(new Group(names, List.of()));
    for (PatternProperty pattern : patterns) {
      List<Group> split = new ArrayList<>();
      for (Group group : groups) {
        List<Shape> values = new ArrayList<>(group.values());
        values.add(pattern.value());
        split.add(new Group(group.names().intersect(pattern.names()), values));
        split.add(new Group(group.names().minus(pattern.names()), group.values()));
      }
      groups = split;
    }
    return groups;
  }

  /** The shape of a declared property, which must also keep what its name's patterns ask. */
  private Shape limited(Shape own, String name, TextShape names, List<PatternProperty> patterns) {
    if (!names.matches(name)) {
      return Union.NOTHING;
    }
    Shape limited = own;
    for (PatternProperty pattern : patterns) {
      if (pattern.names().matches(name)) {
        limited = intersections.of(limited, pattern.value());
      }
    }
    return limited;
  }
}
