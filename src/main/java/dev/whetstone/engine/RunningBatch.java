package dev.whetstone.engine;

import dev.whetstone.engine.runner.Batch;
import dev.whetstone.engine.runner.ModelRunner;
import dev.whetstone.policy.Policy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The sequences that are decoding: sequence i is in slot i, without holes. Engine thread only. */
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

  /** Sequences of versions with an adapter. */
  int adapted() {
    return (int) sequences.stream().filter(sequence -> !sequence.policy.isBase()).count();
  }

  /** A snapshot, in the order of the slots. */
  List<Sequence> sequences() {
    return List.copyOf(sequences);
  }

  Set<Task> tasks() {
    Set<Task> tasks = new LinkedHashSet<>();
    sequences.forEach(sequence -> tasks.add(sequence.task));
    return tasks;
  }

  /** The next decode run: one row for each sequence, with its last token. */
  Batch.Decode decodeBatch() {
    int[] tokens = sequences.stream().mapToInt(Sequence::lastToken).toArray();
    int[] computedTokens = sequences.stream().mapToInt(Sequence::computedTokens).toArray();
    List<Policy> policies = sequences.stream().map(sequence -> sequence.policy).toList();
    return new Batch.Decode(tokens, computedTokens, policies);
  }

  /** Moves a prefilled prompt's sequences into the next slots, each with its own copy of the KV. */
  void start(PrefillProgress prefilled) {
    for (Sequence sequence : prefilled.sequences) {
      runner.copySlot(prefilled.slot, sequences.size(), prefilled.computedTokens());
      sequences.add(sequence);
      sequence.start();
    }
    runner.clearSlot(prefilled.slot);
  }

  /** Removes sequences that have ended; the last one moves into each hole. */
  void compact() {
    for (int slot = sequences.size() - 1; slot >= 0; slot--) {
      if (sequences.get(slot).ended()) {
        Sequence last = sequences.removeLast();
        if (slot < sequences.size()) {
          runner.copySlot(sequences.size(), slot, last.computedTokens());
          sequences.set(slot, last);
        }
        runner.clearSlot(sequences.size());
      }
    }
  }
}
