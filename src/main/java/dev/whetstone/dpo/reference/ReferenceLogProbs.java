package dev.whetstone.dpo.reference;

import dev.whetstone.dpo.data.PairDigest;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.network.PromptCompletions;
import dev.whetstone.dpo.network.TokenScores;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Log-probs of the pairs under the frozen reference, computed once. The groups that are computed
 * together depend on the pairs alone and are kept whole or not at all, so that a run that was
 * killed here goes on to the same bits.
 */
public final class ReferenceLogProbs {
  /** Told how many pairs have their log-probs. */
  public interface Progress {
    void done(int pairs);
  }

  private final String base;
  private final Map<ReferenceCache.Key, float[]> logps = new HashMap<>();

  private ReferenceLogProbs(String base) {
    this.base = base;
  }

  /**
   * Computes what no cache knows.
   *
   * @param own the run's cache, asked first; learns what the other knows
   * @param shared may be used by several runs
   */
  public static ReferenceLogProbs of(
      String base,
      List<List<TokenPair>> groups,
      Network network,
      ReferenceCache own,
      ReferenceCache shared,
      Progress progress) {
    ReferenceLogProbs references = new ReferenceLogProbs(base);
    int done = 0;
    for (List<TokenPair> group : groups) {
      references.add(group, network, own, shared);
      done += group.size();
      progress.done(done);
    }
    return references;
  }

  private void add(
      List<TokenPair> group, Network network, ReferenceCache own, ReferenceCache shared) {
    List<ReferenceCache.Key> keys = new ArrayList<>();
    for (TokenPair pair : group) {
      keys.add(key(pair.prompt(), pair.chosen()));
      keys.add(key(pair.prompt(), pair.rejected()));
    }
    Map<ReferenceCache.Key, float[]> found = new HashMap<>(own.find(keys));
    if (!found.keySet().containsAll(keys)) {
      Map<ReferenceCache.Key, float[]> fresh = new HashMap<>(shared.find(keys));
      fresh.keySet().removeAll(found.keySet());
      found.putAll(fresh);
      if (!found.keySet().containsAll(keys)) {
        Map<ReferenceCache.Key, float[]> computed = compute(group, keys, network);
        computed.keySet().removeAll(found.keySet());
        shared.store(computed);
        fresh.putAll(computed);
        found.putAll(computed);
      }
      own.store(fresh);
    }
    logps.putAll(found);
  }

  private static Map<ReferenceCache.Key, float[]> compute(
      List<TokenPair> group, List<ReferenceCache.Key> keys, Network network) {
    TokenScores scores = network.reference(group.stream().map(ReferenceLogProbs::row).toList());
    Map<ReferenceCache.Key, float[]> computed = new HashMap<>();
    for (int i = 0; i < keys.size(); i++) {
      computed.put(keys.get(i), scores.logps()[i]);
    }
    return computed;
  }

  /** A pair as the network takes it: the chosen completion, then the rejected one. */
  public static PromptCompletions row(TokenPair pair) {
    return new PromptCompletions(pair.prompt(), List.of(pair.chosen(), pair.rejected()));
  }

  /** Log-prob of each token of a completion under the reference. */
  public double[] logps(int[] prompt, int[] completion) {
    float[] found = logps.get(key(prompt, completion));
    if (found == null) {
      throw new IllegalArgumentException("a completion is none of this run's");
    }
    return doubles(found);
  }

  public static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  private ReferenceCache.Key key(int[] prompt, int[] completion) {
    return new ReferenceCache.Key(base, new PairDigest().add(prompt).add(completion).hex());
  }
}
