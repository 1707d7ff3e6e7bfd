package dev.whetstone.grammar.machine;

import dev.whetstone.grammar.schema.CallStyle;
import dev.whetstone.grammar.schema.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The automaton of one grammar. Safe for many threads. */
public final class Machine {
  private static final int MAX_STATES = 2_048;

  private final Map<List<Stack>, State> states = new HashMap<>();
  private final State start;

  private Machine(Frame first) {
    start = new State(List.of(Stack.END.push(first)));
  }

  /** Reads one JSON value, without space before or after it. */
  public static Machine ofValue(Shape shape) {
    return new Machine(new ValueFrame(shape, Spaces.NONE));
  }

  /**
   * Reads calls of tools.
   *
   * @param call the shape of one call, or of a list of them
   * @param style how calls are written
   * @param forced whether the text begins with a call; otherwise any text may come before it
   * @param parallel whether there may be more than one
   */
  public static Machine ofCalls(Shape call, CallStyle style, boolean forced, boolean parallel) {
    CallSyntax syntax = new CallSyntax(call, style, parallel);
    return new Machine(
        switch (style) {
          case HERMES, MISTRAL ->
              forced ? new ForcedCallFrame(syntax) : new FreeTextFrame(syntax, 0);
          case LLAMA -> forced ? new ValueFrame(call, Spaces.NONE) : new TextOrCallFrame(call, 0);
        });
  }

  /** The state before the first byte. */
  public State start() {
    return start;
  }

  /** The state after a byte; null if no text continues so. */
  public @Nullable State step(State state, int b) {
    State next = state.known(b);
    if (next == null) {
      next = compute(state, b);
      // One that will hardly be met again is not kept: there is no end of them.
      if (!next.isUnique()) {
        state.learn(b, next);
      }
    }
    return next == State.DEAD ? null : next;
  }

  /**
   * One reading of a text.
   *
   * @param inner what the innermost value allows, as if nothing were around it: it may end where
   *     that value may
   * @param outer what follows that value; null if nothing does
   */
  public record Reading(State inner, @Nullable State outer) {}

  /** The readings of a text: what follows is what follows in any of them. */
  public List<Reading> readings(State state) {
    List<Reading> readings = new ArrayList<>();
    for (Stack stack : state.stacks) {
      Stack below = stack.below();
      if (below != null) {
        State inner = state(List.of(Stack.END.push(stack.top)));
        readings.add(new Reading(inner, below.isEnd() ? null : state(List.of(below))));
      }
    }
    return readings;
  }

  private State compute(State state, int b) {
    Stacks out = new Stacks();
    for (Stack stack : state.stacks) {
      stack.step(b, out);
    }
    List<Stack> stacks = out.list();
    if (stacks.isEmpty()) {
      return State.DEAD;
    }
    return state(stacks);
  }

  private synchronized State state(List<Stack> stacks) {
    State known = states.get(stacks);
    if (known != null) {
      return known;
    }
    State fresh = new State(stacks);
    if (fresh.isUnique()) {
      return fresh;
    }
    if (states.size() >= MAX_STATES) {
      states.clear();
    }
    states.put(stacks, fresh);
    return fresh;
  }
}
