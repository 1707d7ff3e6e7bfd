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
 * Pairs split into those a run trains on and those it is evaluated on. All pairs of a conversation
 * are in the same part. The hash of a conversation decides its part, so that the same pairs in any
 * order are split alike, and added pairs move few of the others.
 *
 * @param <T> type of a pair: token ids, or a vote
 */
public record ValidationSplit<T>(List<T> train, List<T> validation) {
  public ValidationSplit {
    train = List.copyOf(train);
    validation = List.copyOf(validation);
  }

  /** Splits pairs; those with the same prompt are one conversation. */
  public static ValidationSplit<TokenPair> of(List<TokenPair> pairs, double share) {
    return of(pairs, share, pair -> new PairDigest().add(pair.prompt()));
  }

  /**
   * Splits pairs; both parts keep their order.
   *
   * @param share of the pairs for validation, in [0, 0.5]. Whole conversations are taken up to this
   *     share; where none is that small, and there are two or more, the smallest one is taken
   * @param conversation digests what identifies the conversation of a pair
   */
  public static <T> ValidationSplit<T> of(
      List<T> pairs, double share, Function<T, PairDigest> conversation) {
    List<String> conversations =
        pairs.stream().map(pair -> conversation.apply(pair).hex()).toList();
    Set<String> chosen = chooseValidation(conversations, share);
    List<T> train = new ArrayList<>();
    List<T> validation = new ArrayList<>();
    for (int i = 0; i < pairs.size(); i++) {
      (chosen.contains(conversations.get(i)) ? validation : train).add(pairs.get(i));
    }
    return new ValidationSplit<>(train, validation);
  }

  private static Set<String> chooseValidation(List<String> conversations, double share) {
    Map<String, Long> sizes =
        conversations.stream()
            .collect(
                Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
    if (share == 0 || sizes.size() < 2) {
      return Set.of();
    }
    Set<String> fitting = new HashSet<>();
    double remaining = share * conversations.size();
    for (Map.Entry<String, Long> conversation : sizes.entrySet()) {
      if (conversation.getValue() <= remaining) {
        remaining -= conversation.getValue();
        fitting.add(conversation.getKey());
      }
    }
    return fitting.isEmpty() ? Set.of(smallest(sizes)) : fitting;
  }

  private static String smallest(Map<String, Long> sizes) {
    return sizes.entrySet().stream().min(Map.Entry.comparingByValue()).orElseThrow().getKey();
  }
}
