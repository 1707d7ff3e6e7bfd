package dev.whetstone.engine;

import dev.whetstone.engine.runner.Batch;
import dev.whetstone.engine.runner.CacheablePrompt;
import dev.whetstone.policy.Policy;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A prompt, or a text to score, that is computed into a slot chunk by chunk. No chunk is a single
 * token behind others, because the attention rounds a single row in another way than several.
 * Engine thread only.
 */
final class PrefillProgress {
  /** The fewest tokens of a chunk. */
  static final int FEWEST = 2;

  final Task task;
  final int slot;

  /** The sequences that start from the prompt; empty for a score. */
  final List<Sequence> sequences;

  private final CacheablePrompt prompt;
  private final int firstLogit;
  private final int maxLogits;
  private int computedTokens;

  /**
   * Starts with an empty slot.
   *
   * @param firstLogit first position whose logits are needed; those of all later ones are too
   * @param maxLogits positions with logits that a run computes, save for one more at the end
   */
  private PrefillProgress(
      Task task,
      int slot,
      List<Sequence> sequences,
      CacheablePrompt prompt,
      int firstLogit,
      int maxLogits) {
    this.task = task;
    this.slot = slot;
    this.sequences = sequences;
    this.prompt = prompt;
    this.firstLogit = firstLogit;
    this.maxLogits = Math.max(FEWEST, maxLogits);
  }

  /**
   * The prompt of some of a request's completions.
   *
   * @param start what the chat template writes at the start of a conversation
   */
  static PrefillProgress forGeneration(
      GenerationTask task, List<Sequence> sequences, int slot, int[] start) {
    int[] tokens = task.request().prompt();
    CacheablePrompt prompt =
        cacheable(sequences.getFirst().policy, task.requester(), tokens, start);
    return new PrefillProgress(task, slot, sequences, prompt, tokens.length - 1, FEWEST);
  }

  /** A prompt with a completion to score; {@code rows} logits are computed at once. */
  static PrefillProgress forScore(ScoreTask task, int slot, int[] start, int rows) {
    int firstLogit = task.request().prompt().length - 1;
    CacheablePrompt prompt =
        cacheable(task.request().policy(), task.requester(), task.input(), start);
    return new PrefillProgress(task, slot, List.of(), prompt, firstLogit, rows);
  }

  private static CacheablePrompt cacheable(
      Policy policy, Requester requester, int[] tokens, int[] start) {
    int mismatch = Arrays.mismatch(tokens, start);
    int common = mismatch < 0 ? tokens.length : mismatch;
    return new CacheablePrompt(policy, requester.key(), common, tokens);
  }

  CacheablePrompt prompt() {
    return prompt;
  }

  Policy policy() {
    return prompt.policy();
  }

  /** Tokens whose KV the slot holds. */
  int computedTokens() {
    return computedTokens;
  }

  int remainingTokens() {
    return prompt.tokens().length - computedTokens;
  }

  /** Tokens that the prefix cache may supply: what is left to compute is no single token. */
  int cacheableTokens() {
    return Math.max(0, Math.min(firstLogit, prompt.tokens().length - FEWEST));
  }

  /** Counts {@code count} more tokens that the slot holds. */
  void advance(int count) {
    computedTokens += count;
  }

  boolean isDone() {
    return remainingTokens() == 0;
  }

  /**
   * The run that computes the next chunk, with the rows of logits that are needed.
   *
   * @param tokens at most so many are computed, but a last one that would be left
   */
  Batch.Prefill nextBatch(int tokens) {
    int untilLogits = Math.max(0, firstLogit - computedTokens);
    int count = Math.min(Math.max(FEWEST, tokens), untilLogits + maxLogits);
    if (count < remainingTokens() && remainingTokens() - count < FEWEST) {
      count++;
    }
    int start = computedTokens;
    int end = start + Math.min(count, remainingTokens());
    int[] rows =
        IntStream.range(Math.max(start, firstLogit), end)
            .map(position -> position - start)
            .toArray();
    return new Batch.Prefill(
        slot, start, Arrays.copyOfRange(prompt.tokens(), start, end), policy(), rows);
  }
}
