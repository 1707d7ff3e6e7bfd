package dev.whetstone.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Writes an OpenAPI document as a page of Markdown: each route with its fields and answers. */
final class OpenApiReference {
  private static final List<String> METHODS = List.of("get", "post", "put", "patch", "delete");

  /** Told once at the head of the page. */
  private static final Set<String> OF_EVERY_ROUTE =
      Set.of("401", "403", "406", "413", "414", "415", "429", "503");

  /** Descriptions of responses that say no more than the status does. */
  private static final Set<String> UNTOLD =
      Set.of(
          "",
          "OK",
          "No Content",
          "Bad Request",
          "a field or parameter is unknown or its value is invalid",
          "the named resource does not exist");

  /** Fields of objects in an answer are shown to this depth. */
  private static final int DEPTH = 4;

  private final JsonNode document;
  private final Map<String, String> roles;

  /**
   * @param document what {@code /q/openapi} serves, as JSON
   * @param roles whose key opens a route, by method and path
   */
  OpenApiReference(JsonNode document, Map<String, String> roles) {
    this.document = document;
    this.roles = roles;
  }

  /** The routes, such as {@code GET /policies/{version}}, in the order of the page. */
  List<String> routes() {
    List<String> routes = new ArrayList<>();
    for (var path : new TreeMap<>(members(document.path("paths"))).entrySet()) {
      METHODS.stream()
          .filter(path.getValue()::has)
          .forEach(method -> routes.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey()));
    }
    return routes;
  }

  String markdown() {
    return routes().stream().map(this::section).collect(Collectors.joining());
  }

  private String section(String route) {
    String[] parts = route.split(" ", 2);
    JsonNode item = document.path("paths").path(parts[1]);
    JsonNode operation = item.path(parts[0].toLowerCase(Locale.ROOT));
    StringBuilder text = new StringBuilder("\n## `%s`\n\n".formatted(route));
    text.append(operation.path("summary").asText()).append(". ");
    if (operation.has("description")) {
      text.append(operation.path("description").asText().strip()).append(' ');
    }
    text.append("For: ").append(roles.getOrDefault(route, "anybody")).append(".\n");
    List<String> inputs = new ArrayList<>();
    Stream.of(item, operation)
        .flatMap(holder -> elements(holder.path("parameters")))
        .forEach(one -> inputs.add(parameter(one)));
    for (var body : members(resolve(operation.path("requestBody")).path("content")).entrySet()) {
      inputs.addAll(body(body.getKey(), body.getValue().path("schema")));
    }
    if (!inputs.isEmpty()) {
      text.append("\n| input | where | type | what |\n|---|---|---|---|\n");
      inputs.forEach(text::append);
    }
    text.append('\n');
    List<String> problems = new ArrayList<>();
    new TreeMap<>(members(operation.path("responses")))
        .forEach(
            (status, response) -> {
              String description = resolve(response).path("description").asText("").strip();
              if (status.compareTo("400") < 0) {
                text.append(answer(status, description, resolve(response)));
              } else if (!OF_EVERY_ROUTE.contains(status)) {
                problems.add(
                    UNTOLD.contains(description) ? status : status + " (" + description + ")");
              }
            });
    if (!problems.isEmpty()) {
      text.append("- problems: ").append(String.join(", ", problems)).append('\n');
    }
    return text.toString();
  }

  private String parameter(JsonNode parameter) {
    JsonNode schema = parameter.path("schema");
    String what = parameter.path("description").asText(schema.path("description").asText(""));
    return row(
        parameter.path("name").asText(),
        parameter.path("in").asText(),
        schema,
        what,
        parameter.path("required").asBoolean());
  }

  private List<String> body(String mediaType, JsonNode declared) {
    JsonNode schema = resolve(declared);
    Map<String, JsonNode> fields = members(schema.path("properties"));
    if (fields.isEmpty()) {
      return List.of("| | `%s` | %s | |\n".formatted(mediaType, type(schema)));
    }
    Set<String> required =
        elements(schema.path("required")).map(JsonNode::asText).collect(Collectors.toSet());
    String where = mediaType.equals("multipart/form-data") ? "form" : "body";
    return fields.entrySet().stream()
        .map(
            field ->
                row(
                    field.getKey(),
                    where,
                    field.getValue(),
                    resolve(field.getValue()).path("description").asText(""),
                    required.contains(field.getKey())))
        .toList();
  }

  private String row(String name, String where, JsonNode schema, String what, boolean required) {
    String limits =
        Stream.of("minimum", "maximum", "minLength", "maxLength", "maxItems", "default")
            .filter(schema::has)
            .map(limit -> limit + " " + schema.path(limit).asText())
            .collect(Collectors.joining(", "));
    String told =
        Stream.of(what, limits).filter(s -> !s.isEmpty()).collect(Collectors.joining("; "));
    return "| `%s`%s | %s | %s | %s |\n"
        .formatted(name, required ? ", required" : "", where, type(schema), cell(told));
  }

  private String answer(String status, String description, JsonNode response) {
    String shapes =
        members(response.path("content")).entrySet().stream()
            .map(one -> body(one.getKey(), shape(one.getValue().path("schema"), 0, Set.of())))
            .collect(Collectors.joining(", or "));
    return Stream.of(UNTOLD.contains(description) ? "" : description, shapes)
            .filter(part -> !part.isEmpty())
            .collect(Collectors.joining(": ", "- " + status + ": ", ""))
            .replaceAll(": $", "")
        + "\n";
  }

  private static String body(String mediaType, String shape) {
    boolean json = mediaType.equals("application/json") && !shape.isEmpty();
    return "`" + (json ? shape : mediaType) + "`";
  }

  /** As in {@code {id, items [{name}]}}; an object within itself is cut. */
  private String shape(JsonNode declared, int depth, Set<String> above) {
    String name = declared.path("$ref").asText("");
    if (above.contains(name) || depth > DEPTH) {
      return "{…}";
    }
    Set<String> within = new HashSet<>(above);
    if (!name.isEmpty()) {
      within.add(name);
    }
    JsonNode schema = resolve(declared);
    for (String choice : List.of("anyOf", "oneOf")) {
      if (schema.has(choice)) {
        return elements(schema.path(choice))
            .filter(one -> !one.path("type").asText().equals("null"))
            .map(one -> shape(one, depth, within))
            .collect(Collectors.joining(" | "));
      }
    }
    if (schema.has("properties")) {
      return members(schema.path("properties")).entrySet().stream()
          .map(
              field -> {
                String below = shape(field.getValue(), depth + 1, within);
                return below.isEmpty() ? field.getKey() : field.getKey() + " " + below;
              })
          .collect(Collectors.joining(", ", "{", "}"));
    }
    if (schema.has("items")) {
      String element = shape(schema.path("items"), depth, within);
      return element.isEmpty() ? "[]" : "[" + element + "]";
    }
    return "";
  }

  private String type(JsonNode declared) {
    JsonNode schema = resolve(declared);
    for (String choice : List.of("anyOf", "oneOf")) {
      if (schema.has(choice)) {
        return elements(schema.path(choice))
            .map(this::type)
            .filter(one -> !one.equals("null") && !one.isEmpty())
            .distinct()
            .collect(Collectors.joining(" or "));
      }
    }
    if (schema.has("enum")) {
      return elements(schema.path("enum"))
          .filter(one -> !one.isNull())
          .map(one -> "`" + one.asText() + "`")
          .collect(Collectors.joining(", "));
    }
    List<String> types =
        schema.path("type").isArray()
            ? elements(schema.path("type")).map(JsonNode::asText).toList()
            : List.of(schema.path("type").asText("any"));
    String type =
        types.stream().filter(one -> !one.equals("null")).collect(Collectors.joining(" or "));
    if (type.equals("array")) {
      String fields = shape(schema.path("items"), 1, Set.of());
      return "array of " + (fields.isEmpty() ? type(schema.path("items")) : "`" + fields + "`");
    }
    if (type.equals("object") && schema.has("properties")) {
      return "`" + shape(schema, 1, Set.of()) + "`";
    }
    return schema.path("format").asText().equals("binary") ? "file" : type;
  }

  private JsonNode resolve(JsonNode node) {
    String ref = node.path("$ref").asText("");
    return ref.isEmpty() ? node : document.at(ref.substring(1));
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replaceAll("\\s+", " ");
  }

  private static Stream<JsonNode> elements(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  /** Members in the document's order. */
  private static Map<String, JsonNode> members(JsonNode object) {
    return object.properties().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey, Map.Entry::getValue, (first, _) -> first, LinkedHashMap::new));
  }
}
