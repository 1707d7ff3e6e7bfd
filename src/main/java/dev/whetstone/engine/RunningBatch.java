package dev.whetstone.engine;

import dev.whetstone.engine.runner.Batch;
import dev.whetstone.engine.runner.ModelRunner;
import dev.whetstone.policy.Policy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The sequences that decode: the i-th is in slot i, without holes. */
final class RunningBatch {
  private final ModelRunner runner;
  private final List<Sequence> sequences = new ArrayList<>();

  RunningBatch(ModelRunner runner) {
    this.runner = runner;
  }

  boolean isEmpty() {
    return sequences.isEmpty();
  }

  int size() {
    return sequences.size();
  }

  /** In the order of their slots, as of now. */
  List<Sequence> sequences() {
    return List.copyOf(sequences);
  }

  Set<Task> tasks() {
    Set<Task> tasks = new LinkedHashSet<>();
    sequences.forEach(sequence -> tasks.add(sequence.task));
    return tasks;
  }

  /** The last token of every sequence. */
  Batch.Decode batch() {
    int[] tokens = sequences.stream().mapToInt(Sequence::lastToken).toArray();
    int[] pasts = sequences.stream().mapToInt(Sequence::past).toArray();
    List<Policy> policies = sequences.stream().map(sequence -> sequence.policy).toList();
    return new Batch.Decode(tokens, pasts, policies);
  }

  /** Puts a filled prompt's sequences into the next slots, each with its own copy of the prompt. */
  void start(PrefillProgress filled) {
    for (Sequence sequence : filled.sequences) {
      int slot = sequences.size();
      if (slot != filled.slot) {
        runner.copySlot(filled.slot, slot, filled.past());
      }
      sequences.add(sequence);
      sequence.start();
    }
    if (filled.slot >= sequences.size()) {
      runner.clearSlot(filled.slot);
    }
  }

  /** Drops sequences that have ended; the last live one moves into each hole. */
  void compact() {
    for (int slot = sequences.size() - 1; slot >= 0; slot--) {
      if (sequences.get(slot).ended()) {
        Sequence last = sequences.removeLast();
        if (slot < sequences.size()) {
          runner.copySlot(sequences.size(), slot, last.past());
          sequences.set(slot, last);
        }
        runner.clearSlot(sequences.size());
      }
    }
  }
}
