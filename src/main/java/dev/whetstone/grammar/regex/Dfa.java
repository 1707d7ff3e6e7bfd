package dev.whetstone.grammar.regex;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A deterministic automaton over code points; state 0 is the start. From every state an accepting
 * one can be reached, except that an automaton of nothing has a start without transitions.
 */
public final class Dfa {
  /** No state: no accepted text continues so. */
  public static final int DEAD = -1;

  /** {@link #count} of infinitely many texts, or of very many. */
  public static final long MANY = Long.MAX_VALUE;

  private static final int MAX_STATES = 50_000;

  // Transitions of each state: sorted ranges [from, to] and the state that they lead to.
  private final int[][] from;
  private final int[][] to;
  private final int[][] target;
  private final boolean[] accepting;
  private final long[] counts;

  private Dfa(int[][] from, int[][] to, int[][] target, boolean[] accepting) {
    this.from = from;
    this.to = to;
    this.target = target;
    this.accepting = accepting;
    this.counts = counts();
  }

  /** The state after a code point, or {@link #DEAD}. */
  public int step(int state, int codePoint) {
    int range = firstRangeEndingAt(state, codePoint);
    return range < from[state].length && from[state][range] <= codePoint
        ? target[state][range]
        : DEAD;
  }

  /** Whether some code point in {@code [low, high]} continues an accepted text. */
  public boolean continues(int state, int low, int high) {
    int range = firstRangeEndingAt(state, low);
    return range < from[state].length && from[state][range] <= high;
  }

  private int firstRangeEndingAt(int state, int codePoint) {
    int found = Arrays.binarySearch(to[state], codePoint);
    return found < 0 ? -found - 1 : found;
  }

  /** Whether the text so far is accepted. */
  public boolean accepts(int state) {
    return accepting[state];
  }

  /** Whether a text is accepted. */
  public boolean matches(String text) {
    int state = 0;
    for (int codePoint : text.codePoints().toArray()) {
      state = step(state, codePoint);
      if (state == DEAD) {
        return false;
      }
    }
    return accepting[state];
  }

  /** Whether no text is accepted. */
  public boolean isEmpty() {
    return !accepting[0] && from[0].length == 0;
  }

  /** The number of texts that lead from a state to acceptance; at most {@link #MANY}. */
  public long count(int state) {
    return counts[state];
  }

  /** Counts backwards from the states without transitions; what remains reaches a cycle. */
  private long[] counts() {
    int states = accepting.length;
    List<List<Integer>> sources = new ArrayList<>();
    int[] open = new int[states];
    List<Integer> ready = new ArrayList<>();
    for (int state = 0; state < states; state++) {
      sources.add(new ArrayList<>());
    }
    for (int state = 0; state < states; state++) {
      open[state] = target[state].length;
      for (int next : target[state]) {
        sources.get(next).add(state);
      }
      if (open[state] == 0) {
        ready.add(state);
      }
    }
    long[] found = new long[states];
    Arrays.fill(found, MANY);
    while (!ready.isEmpty()) {
      int state = ready.removeLast();
      long sum = accepting[state] ? 1 : 0;
      for (int i = 0; i < target[state].length; i++) {
        long width = to[state][i] - from[state][i] + 1L;
        long beyond = found[target[state][i]];
        sum = beyond > (MANY - sum) / width ? MANY : sum + width * beyond;
      }
      found[state] = sum;
      for (int source : sources.get(state)) {
        if (--open[source] == 0) {
          ready.add(source);
        }
      }
    }
    return found;
  }

  /** The texts that both automata accept. */
  public Dfa intersect(Dfa other) {
    return combine(other, false);
  }

  /** The texts that this automaton accepts and the other does not. */
  public Dfa minus(Dfa other) {
    return combine(other, true);
  }

  private Dfa combine(Dfa other, boolean negated) {
    Builder<Long> builder = new Builder<>();
    builder.state(0L);
    for (int state = 0; state < builder.size(); state++) {
      long pair = builder.key(state);
      int a = (int) (pair >> 32);
      int b = (int) pair;
      boolean inOther = b != DEAD && other.accepting[b];
      builder.accept(state, accepting[a] && inOther != negated);
      for (int i = 0; i < from[a].length; i++) {
        int next = from[a][i];
        while (next <= to[a][i]) {
          int range = b == DEAD ? 0 : other.firstRangeEndingAt(b, next);
          boolean none = b == DEAD || range == other.from[b].length;
          boolean gap = none || other.from[b][range] > next;
          int end = none ? to[a][i] : gap ? other.from[b][range] - 1 : other.to[b][range];
          end = Math.min(end, to[a][i]);
          if (!gap || negated) {
            int goal = gap ? DEAD : other.target[b][range];
            builder.edge(
                state,
                next,
                end,
                builder.state(((long) target[a][i] << 32) | (goal & 0xffffffffL)));
          }
          next = end + 1;
        }
      }
    }
    return builder.build();
  }

  /** The texts of {@code min} to {@code max} code points; {@code max} is negative for no limit. */
  public static Dfa lengths(int min, int max) {
    Builder<Integer> builder = new Builder<>();
    builder.state(0);
    int last = max < 0 ? min : max;
    int[] all = CodePoints.ALL.bounds();
    for (int length = 0; length <= last; length++) {
      int state = builder.state(length);
      builder.accept(state, length >= min);
      if (length < last || max < 0) {
        int next = builder.state(Math.min(length + 1, last));
        builder.edge(state, all[0], all[1], next);
        builder.edge(state, all[2], all[3], next);
      }
    }
    return builder.build();
  }

  /** The texts in which a pattern matches: a subset construction over its {@link Nfa}. */
  static Dfa of(Nfa nfa) {
    Builder<List<Integer>> builder = new Builder<>();
    List<Integer> first = closure(nfa, List.of(nfa.start));
    builder.state(closure(nfa, targets(nfa, first, Nfa.TEXT_START)));
    for (int state = 0; state < builder.size(); state++) {
      List<Integer> members = builder.key(state);
      builder.accept(state, closure(nfa, targets(nfa, members, Nfa.TEXT_END)).contains(nfa.accept));
      TreeSet<Integer> cuts = new TreeSet<>();
      for (int member : members) {
        for (Nfa.Edge edge : nfa.edges.get(member)) {
          cuts.add(edge.from());
          cuts.add(edge.to() + 1);
        }
      }
      Integer cut = cuts.isEmpty() ? null : cuts.first();
      while (cut != null && cut <= Character.MAX_CODE_POINT) {
        Integer end = cuts.higher(cut);
        List<Integer> next = closure(nfa, targets(nfa, members, cut));
        if (!next.isEmpty() && end != null) {
          int last = Math.min(end - 1, Character.MAX_CODE_POINT);
          builder.edge(state, cut, last, builder.state(next));
        }
        cut = end;
      }
    }
    return builder.build();
  }

  private static List<Integer> targets(Nfa nfa, List<Integer> states, int symbol) {
    List<Integer> found = new ArrayList<>();
    for (int state : states) {
      for (Nfa.Edge edge : nfa.edges.get(state)) {
        if (edge.from() <= symbol && symbol <= edge.to()) {
          found.add(edge.target());
        }
      }
    }
    return found;
  }

  private static List<Integer> closure(Nfa nfa, List<Integer> states) {
    TreeSet<Integer> all = new TreeSet<>(states);
    List<Integer> pending = new ArrayList<>(all);
    while (!pending.isEmpty()) {
      for (int next : nfa.free.get(pending.removeLast())) {
        if (all.add(next)) {
          pending.add(next);
        }
      }
    }
    // What follows a match is free, so no other member can add to the accepted texts.
    return all.contains(nfa.accept) ? List.of(nfa.accept) : List.copyOf(all);
  }

  /** Collects states by the key that names them. */
  private static final class Builder<K> {
    private final Map<K, Integer> ids = new HashMap<>();
    private final List<K> keys = new ArrayList<>();
    private final List<List<int[]>> edges = new ArrayList<>();
    private final List<Boolean> accepting = new ArrayList<>();

    int state(K key) {
      Integer known = ids.get(key);
      if (known != null) {
        return known;
      }
      if (keys.size() == MAX_STATES) {
        throw new PatternException("the pattern is too large");
      }
      ids.put(key, keys.size());
      keys.add(key);
      edges.add(new ArrayList<>());
      accepting.add(false);
      return keys.size() - 1;
    }

    int size() {
      return keys.size();
    }

    K key(int state) {
      return keys.get(state);
    }

    void accept(int state, boolean accepts) {
      accepting.set(state, accepts);
    }

    /** Adds a transition; those of a state come in ascending order. */
    void edge(int state, int from, int to, int target) {
      List<int[]> all = edges.get(state);
      int[] last = all.isEmpty() ? new int[] {0, -2, DEAD} : all.getLast();
      if (last[1] + 1 == from && last[2] == target) {
        last[1] = to;
      } else {
        all.add(new int[] {from, to, target});
      }
    }

    /** Removes the states from which nothing is accepted. */
    Dfa build() {
      boolean[] live = live();
      int[] renamed = new int[keys.size()];
      int count = 0;
      for (int state = 0; state < renamed.length; state++) {
        renamed[state] = live[state] || state == 0 ? count++ : DEAD;
      }
      int[][] from = new int[count][];
      int[][] to = new int[count][];
      int[][] target = new int[count][];
      boolean[] accepts = new boolean[count];
      for (int state = 0; state < renamed.length; state++) {
        if (renamed[state] == DEAD) {
          continue;
        }
        List<int[]> kept = edges.get(state).stream().filter(edge -> live[edge[2]]).toList();
        from[renamed[state]] = kept.stream().mapToInt(edge -> edge[0]).toArray();
        to[renamed[state]] = kept.stream().mapToInt(edge -> edge[1]).toArray();
        target[renamed[state]] = kept.stream().mapToInt(edge -> renamed[edge[2]]).toArray();
        accepts[renamed[state]] = accepting.get(state);
      }
      return new Dfa(from, to, target, accepts);
    }

    private boolean[] live() {
      List<List<Integer>> sources = new ArrayList<>();
      keys.forEach(_ -> sources.add(new ArrayList<>()));
      for (int state = 0; state < keys.size(); state++) {
        for (int[] edge : edges.get(state)) {
          sources.get(edge[2]).add(state);
        }
      }
      boolean[] live = new boolean[keys.size()];
      List<Integer> pending = new ArrayList<>();
      for (int state = 0; state < live.length; state++) {
        if (accepting.get(state)) {
          live[state] = true;
          pending.add(state);
        }
      }
      while (!pending.isEmpty()) {
        for (int source : sources.get(pending.removeLast())) {
          if (!live[source]) {
            live[source] = true;
            pending.add(source);
          }
        }
      }
      return live;
    }
  }
}
