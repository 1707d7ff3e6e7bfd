package dev.whetstone.grammar.regex;

import java.util.ArrayList;
import java.util.List;

/**
 * A nondeterministic automaton after Thompson (1968). The start and the end of the text are symbols
 * of their own, so that {@code ^} and {@code $} are ordinary transitions.
 */
final class Nfa {
  static final int TEXT_START = Character.MAX_CODE_POINT + 1;
  static final int TEXT_END = Character.MAX_CODE_POINT + 2;
  private static final int MAX_STATES = 40_000;

  /** A transition on a range of symbols. */
  record Edge(int from, int to, int target) {}

  final List<List<Edge>> edges = new ArrayList<>();
  final List<List<Integer>> free = new ArrayList<>();
  final int start;
  final int accept;

  /** Builds an automaton of the texts in which the pattern matches somewhere. */
  Nfa(Regex pattern) {
    start = state();
    int first = state();
    anything(start);
    free.get(start).add(first);
    accept = build(pattern, first);
    anything(accept);
  }

  private void anything(int state) {
    int[] all = CodePoints.ALL.bounds();
    for (int i = 0; i < all.length; i += 2) {
      edges.get(state).add(new Edge(all[i], all[i + 1], state));
    }
    edges.get(state).add(new Edge(TEXT_START, TEXT_END, state));
  }

  private int state() {
    if (edges.size() == MAX_STATES) {
      throw new PatternException("the pattern is too large");
    }
    edges.add(new ArrayList<>());
    free.add(new ArrayList<>());
    return edges.size() - 1;
  }

  /** Adds a part that begins in a state and returns the state in which it ends. */
  private int build(Regex part, int from) {
    return switch (part) {
      case Regex.Chars(CodePoints set) -> {
        int to = state();
        int[] bounds = set.legal().bounds();
        for (int i = 0; i < bounds.length; i += 2) {
          edges.get(from).add(new Edge(bounds[i], bounds[i + 1], to));
        }
        yield to;
      }
      case Regex.Start() -> symbol(from, TEXT_START);
      case Regex.End() -> symbol(from, TEXT_END);
      case Regex.Concat(List<Regex> parts) -> {
        int at = from;
        for (Regex next : parts) {
          at = build(next, at);
        }
        yield at;
      }
      case Regex.Alternatives(List<Regex> options) -> {
        int to = state();
        for (Regex option : options) {
          int first = state();
          free.get(from).add(first);
          free.get(build(option, first)).add(to);
        }
        yield to;
      }
      case Regex.Repeat repeat -> repeat(repeat, from);
    };
  }

  private int symbol(int from, int symbol) {
    int to = state();
    edges.get(from).add(new Edge(symbol, symbol, to));
    return to;
  }

  private int repeat(Regex.Repeat repeat, int from) {
    int at = from;
    for (int i = 0; i < repeat.min(); i++) {
      at = build(repeat.part(), at);
    }
    int to = state();
    if (repeat.max() < 0) {
      int loop = state();
      free.get(at).add(loop);
      free.get(build(repeat.part(), loop)).add(loop);
      free.get(loop).add(to);
      return to;
    }
    free.get(at).add(to);
    for (int i = repeat.min(); i < repeat.max(); i++) {
      int first = state();
      free.get(at).add(first);
      at = build(repeat.part(), first);
      free.get(at).add(to);
    }
    return to;
  }
}
