package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Expr;
import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.None;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;

/** Filters that look at the items of a value. */
final class ListFilters {
  private ListFilters() {}

  static void register(Map<String, Filters.Filter> filters) {
    filters.put("length", ListFilters::length);
    filters.put("count", ListFilters::length);
    filters.put("first", (value, a, budget) -> first(Values.items(value, budget)));
    filters.put("last", ListFilters::last);
    filters.put("list", (value, a, budget) -> new ArrayList<>(Values.items(value, budget)));
    filters.put("items", ListFilters::items);
    filters.put("join", ListFilters::join);
    filters.put("reverse", ListFilters::reverse);
    filters.put("sort", ListFilters::sort);
    filters.put("dictsort", ListFilters::sortDict);
    filters.put("unique", ListFilters::unique);
    filters.put("min", (value, a, budget) -> extreme("min", value, a, budget));
    filters.put("max", (value, a, budget) -> extreme("max", value, a, budget));
    filters.put("sum", ListFilters::sum);
    filters.put("batch", ListFilters::batch);
    filters.put("slice", ListFilters::slice);
    filters.put("groupby", ListFilters::group);
  }

  private static Object length(Object value, Arguments arguments, Budget budget) {
    arguments.bind("length");
    OptionalLong length = Values.length(value);
    if (length.isEmpty()) {
      throw new JinjaException("object of type '" + Values.typeName(value) + "' has no len()");
    }
    return length.getAsLong();
  }

  private static Object first(List<Object> items) {
    return items.isEmpty() ? new Undefined("No first item, sequence was empty.") : items.getFirst();
  }

  private static Object last(Object value, Arguments arguments, Budget budget) {
    if (value instanceof Sequence sequence && sequence.kind == Sequence.Kind.GENERATOR) {
      throw new JinjaException("'generator' object is not reversible");
    }
    List<Object> items = Values.items(value, budget);
    return items.isEmpty() ? new Undefined("No last item, sequence was empty.") : items.getLast();
  }

  private static Object items(Object value, Arguments arguments, Budget budget) {
    if (value instanceof Undefined) {
      return Sequence.generator(List.of());
    }
    if (value instanceof Map<?, ?> dict) {
      return Sequence.generator(CollectionMethods.pairs(dict, budget));
    }
    throw new JinjaException("Can only get item pairs from a mapping.");
  }

  private static Object join(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("join", "d?", "attribute?");
    Object separator = PythonText.text(bound.get("d", ""), budget);
    Object path = bound.get("attribute");
    TextBuilder result = new TextBuilder();
    Object before = "";
    for (Object item : Values.items(value, budget)) {
      Object part = path == None.NONE ? item : Paths.get(item, path, budget);
      StringMethods.append(result, before, PythonText.text(part, budget), budget);
      before = separator;
    }
    return result.toText();
  }

  private static Object reverse(Object value, Arguments arguments, Budget budget) {
    arguments.bind("reverse");
    if (UserText.isText(value)) {
      return Slices.slice(value, None.NONE, None.NONE, -1L, budget);
    }
    return Sequence.generator(Values.items(value, budget).reversed());
  }

  private static Object sort(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("sort", "reverse?", "case_sensitive?", "attribute?");
    List<Object> items = new ArrayList<>(Values.items(value, budget));
    Object path = bound.get("attribute");
    boolean exact = bound.flag("case_sensitive", false);
    return sorted(
        items, item -> keys(item, path, exact, budget), bound.flag("reverse", false), budget);
  }

  /** What an item is sorted by: one value, or a list where several attributes are named. */
  private static Object keys(Object item, Object path, boolean exact, Budget budget) {
    if (UserText.plain(path) instanceof String names && names.contains(",")) {
      List<Object> keys = new ArrayList<>();
      for (String name : names.split(",", -1)) {
        keys.add(folded(Paths.get(item, name, budget), exact));
      }
      return keys;
    }
    return folded(path == None.NONE ? item : Paths.get(item, path, budget), exact);
  }

  static Object folded(Object value, boolean exact) {
    return UserText.plain(value) instanceof String text && !exact
        ? text.toLowerCase(Locale.ROOT)
        : value;
  }

  private static List<Object> sorted(
      List<Object> items, UnaryOperator<Object> key, boolean reverse, Budget budget) {
    budget.charge(64L * items.size());
    Comparator<Object> order = (a, b) -> Values.compare(key.apply(a), key.apply(b), "<");
    items.sort(reverse ? Collections.reverseOrder(order) : order);
    return items;
  }

  private static Object sortDict(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("dictsort", "case_sensitive?", "by?", "reverse?");
    if (!(value instanceof Map<?, ?> dict)) {
      throw new JinjaException("dictsort needs a dict, not " + Values.typeName(value));
    }
    boolean byValue = bound.text("by", "key").equals("value");
    boolean exact = bound.flag("case_sensitive", false);
    return sorted(
        CollectionMethods.pairs(dict, budget),
        pair -> {
          List<Object> both = ((Tuple) pair).items();
          return folded(byValue ? both.getLast() : both.getFirst(), exact);
        },
        bound.flag("reverse", false),
        budget);
  }

  private static Object unique(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("unique", "case_sensitive?", "attribute?");
    boolean exact = bound.flag("case_sensitive", false);
    Map<Object, Object> kept = new Dict();
    for (Object item : Values.items(value, budget)) {
      kept.putIfAbsent(Values.key(keys(item, bound.get("attribute"), exact, budget)), item);
    }
    return Sequence.generator(new ArrayList<>(kept.values()));
  }

  private static Object extreme(String name, Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind(name, "case_sensitive?", "attribute?");
    boolean exact = bound.flag("case_sensitive", false);
    Object path = bound.get("attribute");
    List<Object> items = Values.items(value, budget);
    Object best = first(items);
    for (Object item : items) {
      int order =
          Values.compare(keys(item, path, exact, budget), keys(best, path, exact, budget), "<");
      best = (name.equals("min") ? order < 0 : order > 0) ? item : best;
    }
    return best;
  }

  private static Object sum(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("sum", "attribute?", "start?");
    Object path = bound.get("attribute");
    Object total = bound.get("start", 0L);
    for (Object item : Values.items(value, budget)) {
      Object next = path == None.NONE ? item : Paths.get(item, path, budget);
      if (UserText.isText(next)) {
        throw new JinjaException("sum() can't sum strings");
      }
      total = Operators.apply(Expr.Operator.ADD, total, next, budget);
    }
    return total;
  }

  private static Object batch(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("batch", "linecount", "fill_with?");
    long size = Math.max(1, bound.integer("linecount", 1));
    List<Object> batches = new ArrayList<>();
    List<Object> batch = new ArrayList<>();
    for (Object item : Values.items(value, budget)) {
      if (batch.size() == size) {
        batches.add(batch);
        batch = new ArrayList<>();
      }
      batch.add(item);
    }
    if (!batch.isEmpty()) {
      budget.charge(bound.has("fill_with") && bound.get("fill_with") != None.NONE ? size : 0);
      while (bound.get("fill_with") != None.NONE && batch.size() < size) {
        batch.add(bound.get("fill_with"));
      }
      batches.add(batch);
    }
    return Sequence.generator(batches);
  }

  private static Object slice(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("slice", "slices", "fill_with?");
    long slices = bound.integer("slices", 1);
    budget.charge(Math.max(0, slices));
    List<Object> items = Values.items(value, budget);
    if (slices == 0) {
      throw new JinjaException("slice() needs at least one slice");
    }
    if (slices < 0) {
      return Sequence.generator(List.of());
    }
    int per = items.size() / (int) slices;
    int longer = items.size() % (int) slices;
    List<Object> parts = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < slices; i++) {
      int to = from + per + (i < longer ? 1 : 0);
      List<Object> part = new ArrayList<>(items.subList(from, to));
      if (bound.get("fill_with") != None.NONE && i >= longer) {
        part.add(bound.get("fill_with"));
      }
      parts.add(part);
      from = to;
    }
    return Sequence.generator(parts);
  }

  private static Object group(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("groupby", "attribute", "default?", "case_sensitive?");
    boolean exact = bound.flag("case_sensitive", false);
    UnaryOperator<Object> key =
        item -> {
          Object found = Paths.get(item, bound.get("attribute"), budget);
          return found instanceof Undefined && bound.has("default") ? bound.get("default") : found;
        };
    Map<Object, List<Object>> groups = new LinkedHashMap<>();
    Map<Object, Object> names = new LinkedHashMap<>();
    List<Object> items = new ArrayList<>(Values.items(value, budget));
    for (Object item : sorted(items, item -> folded(key.apply(item), exact), false, budget)) {
      Object folded = Dict.comparable(Values.key(folded(key.apply(item), exact)));
      names.putIfAbsent(folded, key.apply(item));
      groups.computeIfAbsent(folded, _ -> new ArrayList<>()).add(item);
    }
    List<Object> pairs = new ArrayList<>();
    groups.forEach(
        (folded, group) ->
            pairs.add(
                new Tuple(
                    List.of(names.getOrDefault(folded, folded), group),
                    List.of("grouper", "list"))));
    return pairs;
  }
}
