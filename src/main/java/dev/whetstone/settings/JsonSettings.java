package dev.whetstone.settings;

import static dev.whetstone.settings.Checks.require;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A flat JSON object of settings. A null field counts as absent. It remembers which fields were
 * asked for, so that {@link #requireAllRead} can refuse the others. Not thread-safe.
 */
public final class JsonSettings {
  /** Leaves a number to the program, see {@link #integerOrAuto}. */
  public static final String AUTO = "auto";

  private final JsonNode root;
  private final Set<String> read = new HashSet<>();

  public JsonSettings(JsonNode root) {
    require(root.isObject(), "the settings must be a JSON object");
    this.root = root;
  }

  /** Whether a field is there and not null. */
  public boolean has(String name) {
    return !node(name).isMissingNode();
  }

  public double decimal(String name, double absent) {
    return node(name, JsonNode::isNumber, "a number").asDouble(absent);
  }

  public int integer(String name, int absent) {
    return node(name, n -> n.isIntegralNumber() && n.canConvertToInt(), "a whole number")
        .asInt(absent);
  }

  /** A whole number; empty for "auto". */
  public OptionalInt integerOrAuto(String name, OptionalInt absent) {
    JsonNode node = node(name);
    if (node.isMissingNode()) {
      return absent;
    }
    boolean auto = node.asText().equals(AUTO);
    require(auto || node.canConvertToInt(), name + " must be a whole number or \"auto\"");
    return auto ? OptionalInt.empty() : OptionalInt.of(integer(name, 0));
  }

  public long longInteger(String name, long absent) {
    return node(name, n -> n.isIntegralNumber() && n.canConvertToLong(), "a whole number")
        .asLong(absent);
  }

  public boolean flag(String name, boolean absent) {
    return node(name, JsonNode::isBoolean, "true or false").asBoolean(absent);
  }

  public <E extends Enum<E>> E constant(String name, E absent, E[] constants) {
    JsonNode node = node(name, JsonNode::isTextual, "a name");
    return node.isMissingNode() ? absent : EnumNames.parse(name, node.asText(), constants);
  }

  /** A list of names, or one text with names between spaces or commas; empty when absent. */
  public List<String> names(String name) {
    JsonNode node = node(name);
    if (node.isTextual()) {
      return List.of(node.asText().strip().split("[\\s,]+"));
    }
    require(node.isMissingNode() || node.isArray(), name + " must be a name or a list of names");
    List<String> names = new ArrayList<>();
    for (JsonNode element : node) {
      require(element.isTextual(), name + " must be a name or a list of names");
      names.add(element.asText());
    }
    return names;
  }

  /** A list of numbers; empty when absent. */
  public List<Double> decimals(String name) {
    JsonNode node = node(name, JsonNode::isArray, "a list of numbers");
    List<Double> numbers = new ArrayList<>();
    for (JsonNode number : node) {
      require(number.isNumber(), name + " must be a list of numbers");
      numbers.add(number.asDouble());
    }
    return numbers;
  }

  /**
   * Refuses a field that no reader asked for, so that a mistyped name is an error.
   *
   * @param ignored names that may be there and mean nothing here
   * @param alsoKnown names that are no field of this object but would have been understood
   * @throws IllegalArgumentException naming each unknown field and the known name nearest to it
   */
  public void requireAllRead(Set<String> ignored, Set<String> alsoKnown) {
    Set<String> unknown = new TreeSet<>();
    root.fieldNames().forEachRemaining(unknown::add);
    unknown.removeAll(read);
    unknown.removeAll(ignored);
    Set<String> known = new TreeSet<>(read);
    known.addAll(alsoKnown);
    require(
        unknown.isEmpty(),
        "unknown settings: "
            + unknown.stream()
                .map(name -> name + " (nearest: " + nearest(name, known) + ")")
                .collect(Collectors.joining(", ")));
  }

  private static String nearest(String name, Set<String> known) {
    return known.stream()
        .min(Comparator.comparingInt(other -> distance(name, other)))
        .orElse("none");
  }

  /** The fewest letters to insert, delete or replace (Levenshtein 1966). */
  private static int distance(String from, String to) {
    int[] above = IntStream.rangeClosed(0, to.length()).toArray();
    for (int i = 1; i <= from.length(); i++) {
      int[] row = new int[to.length() + 1];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = above[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, 1 + Math.min(above[j], row[j - 1]));
      }
      above = row;
    }
    return above[to.length()];
  }

  private JsonNode node(String name, Predicate<JsonNode> good, String what) {
    JsonNode node = node(name);
    require(node.isMissingNode() || good.test(node), name + " must be " + what);
    return node;
  }

  private JsonNode node(String name) {
    read.add(name);
    JsonNode node = root.path(name);
    return node.isNull() ? MissingNode.getInstance() : node;
  }
}
