package dev.whetstone.testing.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a history of concurrent calls could be that of one after another: each takes effect at
 * one moment between its call and its answer. Wing and Gong's search with Lowe's memory of what was
 * tried, over a linked list of calls and answers, as in Porcupine: a call that takes effect is
 * lifted out of the list and put back where what follows cannot be explained.
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

  private record Taken<S>(Event call, S before) {}

  /** A call or an answer, in the list of those that are still to be explained. */
  private static final class Event {
    final int operation;
    final long at;
    final @Nullable Event answer;
    @Nullable Event previous;
    @Nullable Event next;

    Event(int operation, long at, @Nullable Event answer) {
      this.operation = operation;
      this.at = at;
      this.answer = answer;
    }

    boolean isCall() {
      return answer != null;
    }

    private void remove() {
      if (previous != null) {
        previous.next = next;
      }
      if (next != null) {
        next.previous = previous;
      }
    }

    private void putBack() {
      if (previous != null) {
        previous.next = this;
      }
      if (next != null) {
        next.previous = this;
      }
    }

    void lift() {
      remove();
      if (answer != null) {
        answer.remove();
      }
    }

    void unlift() {
      if (answer != null) {
        answer.putBack();
      }
      putBack();
    }
  }

  private Linearizability() {}

  /** Whether the model explains the history. */
  public static <S, I, O> boolean holds(Model<S, I, O> model, List<Operation<I, O>> history) {
    Event head = list(history);
    BitSet done = new BitSet(history.size());
    Set<Tried<S>> tried = new HashSet<>();
    Deque<Taken<S>> taken = new ArrayDeque<>();
    S state = model.initial();
    Event event = head.next;
    while (event != null) {
      if (event.isCall()) {
        Operation<I, O> call = history.get(event.operation);
        Optional<S> after = model.step(state, call.input(), call.output());
        if (after.isPresent() && isNew(tried, done, event.operation, after.get())) {
          taken.push(new Taken<>(event, state));
          state = after.get();
          done.set(event.operation);
          event.lift();
          event = head.next;
        } else {
          event = event.next;
        }
      } else if (event.at == Long.MAX_VALUE) {
        // what is left got no answer, and need not have happened
        return true;
      } else if (taken.isEmpty()) {
        return false;
      } else {
        Taken<S> last = taken.pop();
        state = last.before;
        done.clear(last.call.operation);
        last.call.unlift();
        event = last.call.next;
      }
    }
    return true;
  }

  private static <S> boolean isNew(Set<Tried<S>> tried, BitSet done, int operation, S state) {
    BitSet with = (BitSet) done.clone();
    with.set(operation);
    return tried.add(new Tried<>(with, state));
  }

  /** The head of a list of calls and answers in time; at one time calls come first. */
  private static Event list(List<? extends Operation<?, ?>> history) {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < history.size(); i++) {
      Event answer = new Event(i, history.get(i).ended(), null);
      events.add(new Event(i, history.get(i).begun(), answer));
      events.add(answer);
    }
    events.sort(
        Comparator.comparingLong((Event event) -> event.at)
            .thenComparing(Event::isCall, Comparator.reverseOrder()));
    Event head = new Event(-1, Long.MIN_VALUE, null);
    Event last = head;
    for (Event event : events) {
      last.next = event;
      event.previous = last;
      last = event;
    }
    return head;
  }
}
