package dev.whetstone.engine;

import dev.whetstone.engine.runner.Batch;
import dev.whetstone.policy.Policy;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** A prompt, or a text to score, on its way into a slot, chunk by chunk. */
final class PrefillProgress {
  final Task task;
  final Policy policy;
  final int slot;

  /** What starts from the prompt; empty for a score. */
  final List<Sequence> sequences;

  private final int[] tokens;
  private final int firstLogit;
  private final int chunk;
  private final int lastStep;
  private int past;

  /**
   * @param firstLogit first position whose logits are wanted; all later ones are too
   * @param lastStep tokens a run takes from the chunk of {@code firstLogit} on, at most a chunk
   */
  private PrefillProgress(
      Task task,
      Policy policy,
      int slot,
      List<Sequence> sequences,
      int[] tokens,
      int firstLogit,
      int chunk,
      int lastStep) {
    this.task = task;
    this.policy = policy;
    this.slot = slot;
    this.sequences = sequences;
    this.tokens = tokens;
    this.firstLogit = firstLogit;
    this.chunk = chunk;
    this.lastStep = Math.min(chunk, lastStep);
  }

  static PrefillProgress prompt(
      GenerationTask task, List<Sequence> sequences, int slot, int chunk) {
    int[] prompt = task.request().prompt();
    Policy policy = sequences.getFirst().policy;
    return new PrefillProgress(
        task, policy, slot, sequences, prompt, prompt.length - 1, chunk, chunk);
  }

  static PrefillProgress text(ScoreTask task, int slot, int chunk, int rows) {
    int firstLogit = task.request().prompt().length - 1;
    Policy policy = task.request().policy();
    return new PrefillProgress(
        task, policy, slot, List.of(), task.input(), firstLogit, chunk, rows);
  }

  int[] tokens() {
    return tokens;
  }

  int past() {
    return past;
  }

  /** Tokens before the chunk that holds the first logits wanted: those a cache may supply. */
  int cacheable() {
    return firstLogit / chunk * chunk;
  }

  /** The slot holds {@code count} more tokens. */
  void advance(int count) {
    past += count;
  }

  boolean done() {
    return past == tokens.length;
  }

  Batch.Prefill next() {
    int step = past < cacheable() ? chunk : lastStep;
    int end = Math.min(tokens.length, past + step);
    int[] rows = IntStream.range(Math.max(past, firstLogit), end).map(p -> p - past).toArray();
    return new Batch.Prefill(slot, past, Arrays.copyOfRange(tokens, past, end), policy, rows);
  }
}
