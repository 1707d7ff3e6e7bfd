package dev.whetstone.dpo;

import dev.whetstone.dpo.config.BatchConfig;
import dev.whetstone.dpo.data.MicroBatches;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.data.Truncation;
import dev.whetstone.dpo.evaluation.KlEstimate;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.dpo.reference.ReferenceLogProbs;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Measures a policy that is not trained: the champion that a candidate is compared with. */
public final class PolicyScorer {
  private final ModelDirectory base;
  private final TrainerOptions options;
  private final BatchConfig batch;

  /** Creates a scorer whose references are read from and stored in the options' cache. */
  public PolicyScorer(ModelDirectory base, TrainerOptions options, BatchConfig batch) {
    this.base = base;
    this.options = options;
    this.batch = batch;
  }

  /**
   * The log-probs of pairs under the adapter and the reference; pairs without room are left out.
   */
  public List<PairLogps> score(LoraAdapter adapter, List<TokenPair> pairs) throws IOException {
    if (pairs.isEmpty()) {
      return List.of();
    }
    try (Network network = Network.openFrozen(base, options.network())) {
      var _ = network.adapt(adapter);
      return score(network, pairs);
    }
  }

  /** The champion of a run, measured as the run's own policies are. */
  record Champion(List<PairLogps> validation, KlEstimate kl) {
    /** The base alone. */
    static final Champion BASE = new Champion(List.of(), KlEstimate.NONE);
  }

  Champion measure(LoraAdapter adapter, List<TokenPair> validation, OnPolicyKlEstimator estimator)
      throws IOException {
    try (Network network = Network.openFrozen(base, options.network())) {
      var _ = network.adapt(adapter);
      return new Champion(
          validation.isEmpty() ? List.of() : score(network, validation), estimator.kl(network));
    }
  }

  private List<PairLogps> score(Network network, List<TokenPair> pairs) {
    int maxLength = Math.min(batch.maxLength(), base.config().contextLength());
    List<List<TokenPair>> groups =
        MicroBatches.split(Truncation.of(pairs, maxLength).pairs(), batch.tokenBudget());
    ReferenceLogProbs references =
        ReferenceLogProbs.loadOrCompute(
            base.hash(), groups, network, ReferenceCache.NONE, options.cache(), done -> {});
    List<PairLogps> scored = new ArrayList<>();
    for (List<TokenPair> group : groups) {
      scored.addAll(
          BatchScores.of(group, network.policyScores(BatchScores.rows(group)), references).pairs());
    }
    return scored;
  }
}
