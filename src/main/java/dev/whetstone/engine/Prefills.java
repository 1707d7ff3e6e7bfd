package dev.whetstone.engine;

import dev.whetstone.engine.runner.PrefixCache;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The prompts that are computed now, each in a slot of its own behind those of the sequences, and
 * how they share the tokens of a step. Engine thread only.
 */
final class Prefills {
  /**
   * What a prompt may compute in a step.
   *
   * @param tokens at most
   */
  record Share(PrefillProgress prompt, int tokens) {}

  private final int firstSlot;
  private final int slots;
  private final List<PrefillProgress> oldestFirst = new ArrayList<>();

  Prefills(int firstSlot, int slots) {
    this.firstSlot = firstSlot;
    this.slots = slots;
  }

  boolean isEmpty() {
    return oldestFirst.isEmpty();
  }

  boolean isFull() {
    return oldestFirst.size() == slots;
  }

  int size() {
    return oldestFirst.size();
  }

  /** The slot of the next prompt, while these are not {@link #isFull}. */
  int freeSlot() {
    return IntStream.range(firstSlot, firstSlot + slots)
        .filter(slot -> oldestFirst.stream().noneMatch(prompt -> prompt.slot == slot))
        .findFirst()
        .orElseThrow();
  }

  void add(PrefillProgress prompt) {
    oldestFirst.add(prompt);
  }

  void remove(PrefillProgress prompt) {
    oldestFirst.remove(prompt);
  }

  List<PrefillProgress> of(Task task) {
    return oldestFirst.stream().filter(prompt -> prompt.task == task).toList();
  }

  List<Task> tasks() {
    return oldestFirst.stream().map(prompt -> prompt.task).toList();
  }

  /** Slots that their sequences will decode in, which nobody else may take meanwhile. */
  int reservedSlots() {
    int reserved = 0;
    for (PrefillProgress prompt : oldestFirst) {
      reserved +=
          switch (prompt.task) {
            case GenerationTask task -> task.slotsToStart(prompt.sequences);
            case ScoreTask _ -> 0;
          };
    }
    return reserved;
  }

  /**
   * Divides a step's tokens. The prompt that has waited longest gets all that it needs; others wait
   * for the next step, because each is a run of its own, for which the sequences wait. Where it
   * needs more than there are, it gets at least half, so that it goes on, and those that the other
   * half suffices for get what they need, the shortest first, so that a short one does not wait for
   * a long one. What they leave goes to it, in whole blocks of the prefix cache where there are so
   * many tokens.
   */
  List<Share> shares(int stepTokens) {
    if (isEmpty()) {
      return List.of();
    }
    int tokens = Math.max(PrefillProgress.FEWEST, stepTokens);
    PrefillProgress oldest = oldestFirst.getFirst();
    List<Share> shares = new ArrayList<>();
    int left = oldest.remainingTokens() <= tokens ? 0 : tokens / 2;
    for (PrefillProgress other : othersShortestFirst()) {
      if (other.remainingTokens() <= left) {
        shares.add(new Share(other, other.remainingTokens()));
        left -= other.remainingTokens();
        tokens -= other.remainingTokens();
      }
    }
    shares.add(new Share(oldest, part(oldest, tokens)));
    return shares;
  }

  private List<PrefillProgress> othersShortestFirst() {
    return oldestFirst.stream()
        .skip(1)
        .sorted(Comparator.comparingInt(PrefillProgress::remainingTokens))
        .toList();
  }

  private static int part(PrefillProgress prompt, int tokens) {
    if (prompt.remainingTokens() <= tokens) {
      return prompt.remainingTokens();
    }
    return tokens < PrefixCache.BLOCK ? tokens : tokens - tokens % PrefixCache.BLOCK;
  }
}
