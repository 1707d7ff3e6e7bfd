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
 * Log-probs of the pairs under the frozen reference, computed once. Which pairs are computed
 * together depends on the pairs alone, and a group is cached as a whole or not at all, so that a
 * run that was killed here resumes with the same bits.
 */
public final class ReferenceLogProbs {
  /** Receives the number of pairs whose log-probs are known. */
  public interface Progress {
    void done(int pairs);
  }

  private final String base;
  private final Map<ReferenceCache.Key, float[]> logps = new HashMap<>();

  private ReferenceLogProbs(String base) {
    this.base = base;
  }

  /**
   * Loads the pairs' log-probs from the caches and computes those that are in neither.
   *
   * @param base hash of the base
   * @param groups pairs that are computed together
   * @param runCache the run's own cache, read first; gets copies of what the shared one has
   * @param sharedCache may be shared by several runs
   */
  public static ReferenceLogProbs loadOrCompute(
      String base,
      List<List<TokenPair>> groups,
      Network network,
      ReferenceCache runCache,
      ReferenceCache sharedCache,
      Progress progress) {
    // numbers of rounded weights are kept apart from those of the weights themselves
    ReferenceLogProbs references =
        new ReferenceLogProbs(network.storesBfloat16() ? base + ":bfloat16" : base);
    int done = 0;
    for (List<TokenPair> group : groups) {
      references.add(group, network, runCache, sharedCache);
      done += group.size();
      progress.done(done);
    }
    return references;
  }

  private void add(
      List<TokenPair> group, Network network, ReferenceCache runCache, ReferenceCache sharedCache) {
    List<ReferenceCache.Key> keys = new ArrayList<>();
    for (TokenPair pair : group) {
      keys.add(key(pair.prompt(), pair.chosen()));
      keys.add(key(pair.prompt(), pair.rejected()));
    }
    Map<ReferenceCache.Key, float[]> found = new HashMap<>(runCache.find(keys));
    if (!found.keySet().containsAll(keys)) {
      Map<ReferenceCache.Key, float[]> newToRun = new HashMap<>(sharedCache.find(keys));
      newToRun.keySet().removeAll(found.keySet());
      found.putAll(newToRun);
      if (!found.keySet().containsAll(keys)) {
        Map<ReferenceCache.Key, float[]> computed = compute(group, keys, network);
        computed.keySet().removeAll(found.keySet());
        sharedCache.store(computed);
        newToRun.putAll(computed);
        found.putAll(computed);
      }
      runCache.store(newToRun);
    }
    logps.putAll(found);
  }

  private static Map<ReferenceCache.Key, float[]> compute(
      List<TokenPair> group, List<ReferenceCache.Key> keys, Network network) {
    TokenScores scores =
        network.referenceScores(group.stream().map(ReferenceLogProbs::promptCompletions).toList());
    Map<ReferenceCache.Key, float[]> computed = new HashMap<>();
    for (int i = 0; i < keys.size(); i++) {
      computed.put(keys.get(i), scores.logps()[i]);
    }
    return computed;
  }

  /** A pair as the network's input: the chosen completion, then the rejected one. */
  public static PromptCompletions promptCompletions(TokenPair pair) {
    return new PromptCompletions(pair.prompt(), List.of(pair.chosen(), pair.rejected()));
  }

  /** Log-prob of each token of a completion of these pairs under the reference, in nats. */
  public double[] logps(int[] prompt, int[] completion) {
    float[] found = logps.get(key(prompt, completion));
    if (found == null) {
      throw new IllegalArgumentException("the completion is not among the pairs of this run");
    }
    return toDoubles(found);
  }

  public static double[] toDoubles(float[] values) {
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
