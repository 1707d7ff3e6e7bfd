package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.None;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The functions that every template can call. */
final class Globals {
  private Globals() {}

  static Map<String, Object> of(Clock clock) {
    Map<String, Object> globals = new HashMap<>();
    put(globals, "range", Globals::range);
    put(globals, "dict", Globals::dict);
    put(
        globals,
        "namespace",
        (arguments, budget) -> {
          Namespace namespace = new Namespace(new LinkedHashMap<>());
          dict(arguments, budget).forEach(namespace::set);
          return namespace;
        });
    put(
        globals,
        "raise_exception",
        (arguments, budget) -> {
          Object message = arguments.bind("raise_exception", "message").get("message");
          throw JinjaException.refusal(PythonText.str(message, budget));
        });
    put(
        globals,
        "strftime_now",
        (arguments, budget) -> {
          Arguments.Bound bound = arguments.bind("strftime_now", "format");
          String date = Dates.format(bound.text("format"), ZonedDateTime.now(clock), budget);
          return PythonText.marked(bound.get("format"), date, budget);
        });
    put(globals, "cycler", (arguments, budget) -> new Cycler(arguments.positional()));
    put(globals, "joiner", Globals::joiner);
    return globals;
  }

  private static void put(Map<String, Object> globals, String name, Callable function) {
    globals.put(name, function);
  }

  private static Map<Object, Object> dict(Arguments arguments, Budget budget) {
    Map<Object, Object> dict = new Dict();
    if (arguments.positional().size() > 1) {
      throw new JinjaException("dict expected at most 1 argument");
    }
    for (Object source : arguments.positional()) {
      if (source instanceof Map<?, ?> map) {
        dict.putAll(map);
        continue;
      }
      for (Object pair : Values.items(source, budget)) {
        List<Object> both = Values.items(pair, budget);
        if (both.size() != 2) {
          throw new JinjaException("an element of a dict has a key and a value");
        }
        dict.put(Values.key(both.getFirst()), both.getLast());
      }
    }
    dict.putAll(arguments.named());
    return dict;
  }

  private static Object range(Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("range", "start", "stop?", "step?");
    boolean one = !bound.has("stop");
    long start = one ? 0 : bound.integer("start", 0);
    long stop = one ? bound.integer("start", 0) : bound.integer("stop", 0);
    long step = bound.integer("step", 1);
    if (step == 0) {
      throw new JinjaException("range() arg 3 must not be zero");
    }
    List<Object> numbers = new ArrayList<>();
    for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
      numbers.add(i);
      if (numbers.size() > MAX_RANGE) {
        throw new JinjaException("a range of more than " + MAX_RANGE + " numbers");
      }
    }
    budget.charge(8L * numbers.size());
    String label =
        step == 1
            ? "range(" + start + ", " + stop + ")"
            : "range(" + start + ", " + stop + ", " + step + ")";
    return Sequence.range(label, numbers);
  }

  /** The sandbox's own limit. */
  private static final int MAX_RANGE = 100_000;

  private static Object joiner(Arguments arguments, Budget budget) {
    Object separator = arguments.bind("joiner", "sep?").get("sep", ", ");
    boolean[] used = new boolean[1];
    return (Callable)
        (_, _) -> {
          Object text = used[0] ? separator : "";
          used[0] = true;
          return text;
        };
  }

  /** Gives its values one after another, and again from the first. */
  static final class Cycler {
    private final List<Object> values;
    private int next;

    Cycler(List<Object> values) {
      if (values.isEmpty()) {
        throw new JinjaException("at least one item has to be provided");
      }
      this.values = values;
    }

    @Nullable Object attribute(String name) {
      return switch (name) {
        case "current" -> values.get(next);
        case "next" ->
            (Callable)
                (arguments, budget) -> {
                  Object value = values.get(next);
                  next = (next + 1) % values.size();
                  return value;
                };
        case "reset" ->
            (Callable)
                (arguments, budget) -> {
                  next = 0;
                  return None.NONE;
                };
        default -> null;
      };
    }
  }
}
