package dev.whetstone.engine;

import dev.whetstone.engine.runner.Batch;
import dev.whetstone.policy.Policy;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A prompt, or a text to score, that is computed into a slot chunk by chunk. Engine thread only.
 */
final class PrefillProgress {
  final Task task;
  final Policy policy;
  final int slot;

  /** The sequences that start from the prompt; empty for a score. */
  final List<Sequence> sequences;

  private final int[] tokens;
  private final int firstLogit;
  private final int chunk;
  private final int logitStep;
  private int computedTokens;

  /**
   * Starts with an empty slot.
   *
   * @param firstLogit first position whose logits are needed; those of all later ones are too
   * @param logitStep tokens a run computes from the chunk of {@code firstLogit} on, at most a chunk
   */
  private PrefillProgress(
      Task task,
      Policy policy,
      int slot,
      List<Sequence> sequences,
      int[] tokens,
      int firstLogit,
      int chunk,
      int logitStep) {
    this.task = task;
    this.policy = policy;
    this.slot = slot;
    this.sequences = sequences;
    this.tokens = tokens;
    this.firstLogit = firstLogit;
    this.chunk = chunk;
    this.logitStep = Math.min(chunk, logitStep);
  }

  static PrefillProgress forGeneration(
      GenerationTask task, List<Sequence> sequences, int slot, int chunk) {
    int[] prompt = task.request().prompt();
    Policy policy = sequences.getFirst().policy;
    return new PrefillProgress(
        task, policy, slot, sequences, prompt, prompt.length - 1, chunk, chunk);
  }

  static PrefillProgress forScore(ScoreTask task, int slot, int chunk, int rows) {
    int firstLogit = task.request().prompt().length - 1;
    Policy policy = task.request().policy();
    return new PrefillProgress(
        task, policy, slot, List.of(), task.input(), firstLogit, chunk, rows);
  }

  int[] tokens() {
    return tokens;
  }

  /** Tokens whose KV the slot holds. */
  int computedTokens() {
    return computedTokens;
  }

  /** Tokens before the chunk with the first needed logits: the prefix cache may supply these. */
  int cacheableTokens() {
    return firstLogit / chunk * chunk;
  }

  /** Counts {@code count} more tokens that the slot holds. */
  void advance(int count) {
    computedTokens += count;
  }

  boolean isDone() {
    return computedTokens == tokens.length;
  }

  /** The run that computes the next chunk, with the rows of logits that are needed. */
  Batch.Prefill nextBatch() {
    int step = computedTokens < cacheableTokens() ? chunk : logitStep;
    int end = Math.min(tokens.length, computedTokens + step);
    int[] rows =
        IntStream.range(Math.max(computedTokens, firstLogit), end)
            .map(p -> p - computedTokens)
            .toArray();
    return new Batch.Prefill(
        slot, computedTokens, Arrays.copyOfRange(tokens, computedTokens, end), policy, rows);
  }
}
