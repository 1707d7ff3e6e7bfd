package dev.whetstone.testing.history;

import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a history of concurrent calls could be that of one after another: each takes effect at
 * one moment between its call and its answer. Wing and Gong's search with Lowe's memory of what was
 * tried (as in Porcupine): a state that was reached with the same calls done is not searched again.
 */
public final class Linearizability {
  /** What calls do, one after another. States have {@code equals}. */
  public interface Model<S, I, O> {
    S initial();

    /**
     * The state after a call.
     *
     * @param output the answer; null where none came, which every effect explains
     * @return empty where the call could not have been answered so in this state
     */
    Optional<S> step(S state, I input, @Nullable O output);
  }

  private record Tried<S>(BitSet done, S state) {}

  private Linearizability() {}

  /** Whether the model explains the history. */
  public static <S, I, O> boolean holds(Model<S, I, O> model, List<Operation<I, O>> history) {
    return search(model, history, new BitSet(), model.initial(), new HashSet<>());
  }

  private static <S, I, O> boolean search(
      Model<S, I, O> model,
      List<Operation<I, O>> history,
      BitSet done,
      S state,
      Set<Tried<S>> tried) {
    long firstAnswer = Long.MAX_VALUE;
    for (int i = done.nextClearBit(0); i < history.size(); i = done.nextClearBit(i + 1)) {
      firstAnswer = Math.min(firstAnswer, history.get(i).ended());
    }
    if (firstAnswer == Long.MAX_VALUE) {
      // what is left got no answer, and need not have happened
      return true;
    }
    if (!tried.add(new Tried<>((BitSet) done.clone(), state))) {
      return false;
    }
    for (int i = done.nextClearBit(0); i < history.size(); i = done.nextClearBit(i + 1)) {
      Operation<I, O> next = history.get(i);
      if (next.begun() > firstAnswer) {
        continue;
      }
      Optional<S> after = model.step(state, next.input(), next.output());
      if (after.isPresent()) {
        done.set(i);
        if (search(model, history, done, after.get(), tried)) {
          return true;
        }
        done.clear(i);
      }
    }
    return false;
  }
}
