package dev.whetstone.dpo.data;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Pairs cut into those a run trains on and those it is judged by; a conversation is in one part
 * alone. Which conversations are held out follows from their hashes, so that the same pairs, in any
 * order, are cut in the same way, and more pairs move few of them.
 *
 * @param <T> pairs, or votes on them
 */
public record ValidationSplit<T>(List<T> train, List<T> heldOut) {
  public ValidationSplit {
    train = List.copyOf(train);
    heldOut = List.copyOf(heldOut);
  }

  /** Cuts pairs whose conversation is known by its prompt. */
  public static ValidationSplit<TokenPair> of(List<TokenPair> pairs, double share) {
    return of(pairs, share, pair -> new PairDigest().add(pair.prompt()));
  }

  /**
   * Cuts pairs; both parts keep their order.
   *
   * @param share of the pairs to hold out, in [0, 0.5]: as near to it as whole conversations allow
   *     without going over, except that one conversation is held out where there are two or more
   * @param conversation digests what makes a pair's conversation
   */
  public static <T> ValidationSplit<T> of(
      List<T> pairs, double share, Function<T, PairDigest> conversation) {
    List<String> conversations =
        pairs.stream().map(pair -> conversation.apply(pair).hex()).toList();
    Set<String> heldOut = heldOut(conversations, share);
    List<T> train = new ArrayList<>();
    List<T> judged = new ArrayList<>();
    for (int i = 0; i < pairs.size(); i++) {
      (heldOut.contains(conversations.get(i)) ? judged : train).add(pairs.get(i));
    }
    return new ValidationSplit<>(train, judged);
  }

  private static Set<String> heldOut(List<String> conversations, double share) {
    Map<String, Long> sizes =
        conversations.stream()
            .collect(
                Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
    Set<String> heldOut = new HashSet<>();
    if (share == 0 || sizes.size() < 2) {
      return heldOut;
    }
    List<String> fitting = new ArrayList<>();
    double room = share * conversations.size();
    for (Map.Entry<String, Long> conversation : sizes.entrySet()) {
      if (conversation.getValue() <= room) {
        room -= conversation.getValue();
        fitting.add(conversation.getKey());
      }
    }
    heldOut.addAll(fitting.isEmpty() ? smallest(sizes) : fitting);
    return heldOut;
  }

  private static List<String> smallest(Map<String, Long> sizes) {
    return List.of(
        sizes.entrySet().stream().min(Map.Entry.comparingByValue()).orElseThrow().getKey());
  }
}
