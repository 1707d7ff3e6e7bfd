package dev.whetstone.grammar;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Random;

/** Schemas at random, of all supported keywords; a few of them contradict themselves. */
final class RandomSchemas {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> PATTERNS =
      List.of(
          "^[a-z]{2,5}$",
          "^\\d{3}-\\d{4}$",
          "[A-Z]",
          "^(?:red|green|blue)+$",
          "^\\w+@\\w+\\.com$",
          "^.{0,12}$",
          "^(?!0)[0-9]{1,4}$",
          "^[^\\s\"\\\\]+$",
          "é|ß",
          "^\\p{Lu}\\p{Ll}{1,6}$",
          "^\\+?[1-9]\\d{1,14}$",
          "\"");
  private static final List<String> FORMATS =
      List.of(
          "date",
          "time",
          "date-time",
          "duration",
          "email",
          "hostname",
          "ipv4",
          "ipv6",
          "uri",
          "uuid");
  private static final List<String> NAMES =
      List.of("name", "name_2", "n", "größe", "a\"b", "items", "x/y", "~t", "next", "id");

  private final Random random;
  private int definitions;

  RandomSchemas(long seed) {
    random = new Random(seed);
  }

  ObjectNode next() {
    definitions = random.nextInt(3);
    ObjectNode root = schema(3);
    if (definitions > 0) {
      ObjectNode defs = root.putObject("$defs");
      for (int i = 0; i < definitions; i++) {
        defs.set("d" + i, schema(2));
      }
    }
    return root;
  }

  private ObjectNode schema(int depth) {
    int kind = random.nextInt(depth == 0 ? 7 : 14);
    ObjectNode schema = JSON.createObjectNode();
    switch (kind) {
      case 0 -> number(schema, random.nextBoolean());
      case 1, 2 -> text(schema);
      case 3 -> schema.put("type", random.nextBoolean() ? "boolean" : "null");
      case 4 -> constants(schema);
      case 5 -> {
        ArrayNode types = schema.putArray("type");
        List.of("integer", "string", "null", "boolean").stream()
            .filter(_ -> random.nextBoolean())
            .forEach(types::add);
        types.add("number");
      }
      case 6 -> {
        if (definitions > 0) {
          schema.put("$ref", "#/$defs/d" + random.nextInt(definitions));
        } else {
          schema.put("title", "anything");
        }
      }
      case 7, 8 -> array(schema, depth - 1);
      case 9 -> {
        ArrayNode any = schema.putArray(random.nextInt(4) == 0 ? "oneOf" : "anyOf");
        for (int i = 0; i <= random.nextInt(3); i++) {
          any.add(schema(depth - 1));
        }
      }
      case 10 -> {
        ArrayNode all = schema.putArray("allOf");
        ObjectNode first = object(JSON.createObjectNode(), depth - 1);
        all.add(first).add(object(JSON.createObjectNode(), depth - 1));
      }
      default -> object(schema, depth - 1);
    }
    return schema;
  }

  private void number(ObjectNode schema, boolean integer) {
    schema.put("type", integer ? "integer" : "number");
    int low = random.nextInt(400) - 200;
    if (random.nextBoolean()) {
      String least = random.nextBoolean() ? "minimum" : "exclusiveMinimum";
      schema.put(least, integer ? low : low / 8.0);
    }
    if (random.nextBoolean()) {
      String most = random.nextBoolean() ? "maximum" : "exclusiveMaximum";
      schema.put(most, integer ? low + 5 + random.nextInt(1000) : low / 8.0 + 0.75);
    }
    if (random.nextInt(4) == 0) {
      schema.put("multipleOf", integer ? 1 + random.nextInt(5) : 0.25);
    }
  }

  private void text(ObjectNode schema) {
    schema.put("type", "string");
    switch (random.nextInt(5)) {
      case 0 -> schema.put("pattern", pick(PATTERNS));
      case 1 -> schema.put("format", pick(FORMATS));
      case 2 -> {
        int min = random.nextInt(6);
        schema.put("minLength", min).put("maxLength", min + random.nextInt(20));
      }
      case 3 -> schema.put("pattern", pick(PATTERNS)).put("maxLength", 8);
      default -> {}
    }
  }

  private void constants(ObjectNode schema) {
    if (random.nextBoolean()) {
      schema.putPOJO("const", null).set("const", JSON.valueToTree(constant()));
      return;
    }
    ArrayNode values = schema.putArray("enum");
    for (int i = 0; i <= random.nextInt(5); i++) {
      values.add(JSON.valueToTree(constant()));
    }
  }

  private Object constant() {
    return pick(List.of("a", "ab", "ü\n", 1, -2.5, true, List.of(1, "x"), "\"quoted\""));
  }

  private void array(ObjectNode schema, int depth) {
    schema.put("type", "array");
    if (random.nextInt(4) == 0) {
      schema.putArray("prefixItems").add(schema(depth)).add(schema(depth));
    }
    if (random.nextInt(5) > 0) {
      schema.set("items", schema(depth));
    }
    int min = random.nextInt(3);
    if (random.nextBoolean()) {
      schema.put("minItems", min);
    }
    schema.put("maxItems", min + random.nextInt(4));
  }

  private ObjectNode object(ObjectNode schema, int depth) {
    schema.put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    ArrayNode required = schema.putArray("required");
    for (int i = 0; i < random.nextInt(5); i++) {
      String name = pick(NAMES);
      properties.set(name, schema(depth));
      boolean known = required.valueStream().anyMatch(n -> n.textValue().equals(name));
      if (random.nextInt(3) > 0 && !known) {
        required.add(name);
      }
    }
    switch (random.nextInt(6)) {
      case 0 -> schema.put("additionalProperties", false);
      case 1 -> schema.set("additionalProperties", schema(0));
      case 2 -> schema.putObject("patternProperties").set("^x", schema(0));
      case 3 ->
          schema.put("additionalProperties", true).putObject("propertyNames").put("maxLength", 8);
      default -> {}
    }
    if (random.nextInt(5) == 0) {
      schema.put("minProperties", random.nextInt(3));
      schema.put("maxProperties", properties.size() + random.nextInt(3));
    }
    return schema;
  }

  private <T> T pick(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }
}
