package dev.whetstone.dpo;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Pairs cut into those a run trains on and those it is judged by; a conversation is in one part
 * alone. Which conversations are held out follows from their prompts' hashes, so that the same
 * pairs, in any order, are cut in the same way, and more pairs move few of them.
 */
public record HeldOutSplit(List<TokenPair> train, List<TokenPair> heldOut) {
  public HeldOutSplit {
    train = List.copyOf(train);
    heldOut = List.copyOf(heldOut);
  }

  /**
   * Cuts pairs; both parts keep their order.
   *
   * @param share of the pairs to hold out, in [0, 0.5]: as near to it as whole conversations allow
   *     without going over, except that one conversation is held out where there are two or more
   */
  public static HeldOutSplit of(List<TokenPair> pairs, double share) {
    Set<String> heldOut = heldOut(pairs, share);
    List<TokenPair> train = new ArrayList<>();
    List<TokenPair> judged = new ArrayList<>();
    for (TokenPair pair : pairs) {
      (heldOut.contains(conversation(pair)) ? judged : train).add(pair);
    }
    return new HeldOutSplit(train, judged);
  }

  private static Set<String> heldOut(List<TokenPair> pairs, double share) {
    Map<String, Long> sizes =
        pairs.stream()
            .collect(
                Collectors.groupingBy(
                    HeldOutSplit::conversation, TreeMap::new, Collectors.counting()));
    Set<String> heldOut = new HashSet<>();
    if (share == 0 || sizes.size() < 2) {
      return heldOut;
    }
    List<String> fitting = new ArrayList<>();
    double room = share * pairs.size();
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

  private static String conversation(TokenPair pair) {
    return new Digest().add(pair.prompt()).hex();
  }
}
