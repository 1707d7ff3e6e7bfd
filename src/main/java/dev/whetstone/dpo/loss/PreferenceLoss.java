package dev.whetstone.dpo.loss;

import dev.whetstone.dpo.data.LossNormalizer;
import dev.whetstone.dpo.loss.LossResult.PairOutcome;
import dev.whetstone.dpo.loss.PairLogps.Completion;
import dev.whetstone.dpo.loss.PairLosses.LossAndGradient;
import dev.whetstone.dpo.loss.PairLosses.SequenceLogps;
import dev.whetstone.settings.Checks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The loss of a batch of preferences and its gradient with respect to every token's log-prob, as a
 * pure function. Losses depend on sequences, whose log-probs are sums over tokens, so a sequence's
 * gradient is given to each of its tokens at the end.
 */
public final class PreferenceLoss {
  private final LossConfig config;

  public PreferenceLoss(LossConfig config) {
    this.config = config;
  }

  /**
   * The loss of a whole batch.
   *
   * @throws IllegalArgumentException when pairs have weights but the loss is AOT
   */
  public LossResult compute(List<PairLogps> batch) {
    int tokens = batch.stream().mapToInt(pair -> pair.chosen().length()).sum();
    return compute(batch, new LossNormalizer(batch.size(), tokens));
  }

  /**
   * A micro-batch's share of its batch's loss: shares add up to the batch's loss, and gradients are
   * those of the batch. Not for a loss that {@link LossConfig#needsWholeBatch}.
   */
  public LossResult compute(List<PairLogps> pairs, LossNormalizer batch) {
    Checks.require(
        pairs.size() == batch.pairs() || !config.needsWholeBatch(),
        "this loss needs the whole batch at once, not a micro-batch of it");
    Sums sums = new Sums(pairs);
    for (LossConfig.Weighted part : config.mix()) {
      double weight = part.weight() * batch.pairShare();
      switch (part.type().rule()) {
        case LossRule.PerPair rule -> sums.addPerPair(rule, weight / batch.pairs());
        case LossRule.Sorted rule -> sums.addSorted(rule, weight / batch.pairs());
        case LossRule.ChosenTokens rule -> sums.addTokens(weight / batch.chosenTokens());
      }
    }
    return sums.result();
  }

  /** Sums over the losses of a mix; gradients by sequence, and {@code chosenToken} by token. */
  private final class Sums {
    private final List<PairLogps> pairs;
    private final List<SequenceLogps> sequenceLogps;
    private final double[] weights;
    private final double[] chosen;
    private final double[] rejected;
    private final double[] chosenToken;
    private double loss;

    Sums(List<PairLogps> pairs) {
      this.pairs = pairs;
      this.sequenceLogps = pairs.stream().map(PreferenceLoss.this::sequenceLogps).toList();
      this.weights = pairs.stream().mapToDouble(PreferenceLoss.this::weight).toArray();
      this.chosen = new double[pairs.size()];
      this.rejected = new double[pairs.size()];
      this.chosenToken = new double[pairs.size()];
    }

    void addPerPair(LossRule.PerPair rule, double factor) {
      for (int i = 0; i < pairs.size(); i++) {
        LossAndGradient pair = rule.formula().at(sequenceLogps.get(i), config);
        loss += factor * weights[i] * pair.loss();
        chosen[i] += factor * weights[i] * pair.chosen();
        rejected[i] += factor * weights[i] * pair.rejected();
      }
    }

    /**
     * −(1−ε) L(βδ) − ε L(−βδ) summed over ranks: AOT (Melnyk et al. 2024, arXiv:2406.05882).
     * Paired: δ = sort(log π(y_w) − log π(y_l)) − sort(log π_ref(y_w) − log π_ref(y_l)). Unpaired:
     * δ = sort(w) − sort(l).
     */
    void addSorted(LossRule.Sorted rule, double factor) {
      requireEqualWeights();
      double[] above =
          values(
              rule.paired()
                  ? t -> t.policyChosen() - t.policyRejected()
                  : SequenceLogps::chosenLogRatio);
      double[] below =
          values(
              rule.paired()
                  ? t -> t.referenceChosen() - t.referenceRejected()
                  : SequenceLogps::rejectedLogRatio);
      int[] upper = order(above);
      int[] lower = order(below);
      for (int rank = 0; rank < pairs.size(); rank++) {
        double delta = above[upper[rank]] - below[lower[rank]];
        ValueAndDerivative term = PairLosses.smoothedLogistic(config.beta() * delta, config);
        double slope = factor * config.beta() * term.derivative();
        loss += factor * term.value();
        chosen[upper[rank]] += slope;
        // paired: both log-probs of the policy are in the first sort; unpaired: one is in each
        rejected[rule.paired() ? upper[rank] : lower[rank]] -= slope;
      }
    }

    /** −Σ log π(token) over chosen tokens: the NLL term of Pang et al. 2024 (arXiv:2404.19733). */
    void addTokens(double factor) {
      for (int i = 0; i < pairs.size(); i++) {
        loss -= factor * weights[i] * Arrays.stream(pairs.get(i).chosen().policy()).sum();
        chosenToken[i] -= factor * weights[i];
      }
    }

    private double[] values(ToDoubleFunction<SequenceLogps> value) {
      return sequenceLogps.stream().mapToDouble(value).toArray();
    }

    private static int[] order(double[] values) {
      return IntStream.range(0, values.length)
          .boxed()
          .sorted(Comparator.comparingDouble(i -> values[i]))
          .mapToInt(Integer::intValue)
          .toArray();
    }

    private void requireEqualWeights() {
      Checks.require(
          Arrays.stream(weights).allMatch(weight -> weight == 1),
          "aot and aot_unpaired compare a whole batch, so pairs cannot have weights");
    }

    LossResult result() {
      List<PairOutcome> outcomes = new ArrayList<>();
      for (int i = 0; i < pairs.size(); i++) {
        PairLogps pair = pairs.get(i);
        SequenceLogps logps = sequenceLogps.get(i);
        outcomes.add(
            new PairOutcome(
                pair,
                perToken(pair.chosen(), publicLength(pair), chosen[i], chosenToken[i]),
                perToken(pair.rejected(), publicLength(pair), rejected[i], 0),
                logps.policyChosen(),
                logps.policyRejected(),
                config.beta() * logps.chosenLogRatio(),
                config.beta() * logps.rejectedLogRatio()));
      }
      return new LossResult(loss, outcomes);
    }
  }

  private SequenceLogps sequenceLogps(PairLogps pair) {
    int publicLength = publicLength(pair);
    return new SequenceLogps(
        sum(pair.chosen().policy(), publicLength),
        sum(pair.rejected().policy(), publicLength),
        config.referenceFree() ? 0 : sum(pair.chosen().reference(), publicLength),
        config.referenceFree() ? 0 : sum(pair.rejected().reference(), publicLength),
        pair.chosen().length(),
        pair.rejected().length());
  }

  /** LD-DPO's public length: that of the shorter completion. */
  private static int publicLength(PairLogps pair) {
    return Math.min(pair.chosen().length(), pair.rejected().length());
  }

  /** Log-prob of a sequence; tokens beyond the public length have weight ldAlpha (LD-DPO). */
  private double sum(double[] logps, int publicLength) {
    double sum = 0;
    for (int t = 0; t < logps.length; t++) {
      sum += t < publicLength ? logps[t] : config.ldAlpha() * logps[t];
    }
    return sum;
  }

  /** Gradient of each token, {@code [length]}: its own, and its sequence's times its weight. */
  private double[] perToken(
      Completion completion, int publicLength, double sequence, double token) {
    double[] gradient = new double[completion.length()];
    for (int t = 0; t < gradient.length; t++) {
      gradient[t] = token + (t < publicLength ? sequence : config.ldAlpha() * sequence);
    }
    return gradient;
  }

  private double weight(PairLogps pair) {
    if (!config.wpo()) {
      return pair.weight();
    }
    // WPO eq. 2; no gradient flows through the weight
    return pair.weight() * Math.exp(wpoLogWeight(pair.chosen()) + wpoLogWeight(pair.rejected()));
  }

  /** Mean over tokens of log p_t − log Σ p², where Σ p² is a sampled token's mean probability. */
  private static double wpoLogWeight(Completion completion) {
    double[] logSumSquares = completion.logSumSquares();
    Checks.require(logSumSquares.length > 0, "use_wpo needs log Σ p² for each token");
    double sum = 0;
    for (int t = 0; t < completion.length(); t++) {
      sum += completion.policy()[t] - logSumSquares[t];
    }
    return sum / completion.length();
  }
}
