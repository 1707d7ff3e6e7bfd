package dev.whetstone.dpo.loss;

import dev.whetstone.dpo.data.LossNormalizer;
import dev.whetstone.dpo.loss.LossResult.PairOutcome;
import dev.whetstone.dpo.loss.PairLogps.Completion;
import dev.whetstone.dpo.loss.PairLosses.Slope;
import dev.whetstone.dpo.loss.PairLosses.Terms;
import dev.whetstone.settings.Checks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** The loss of a batch of preferences and its gradient by every token's log-prob. */
public final class PreferenceLoss {
  private final LossConfig config;

  public PreferenceLoss(LossConfig config) {
    this.config = config;
  }

  /**
   * The loss of a whole batch.
   *
   * @throws IllegalArgumentException when the loss cannot weigh the pairs' weights
   */
  public LossResult of(List<PairLogps> batch) {
    int tokens = batch.stream().mapToInt(pair -> pair.chosen().length()).sum();
    return of(batch, new LossNormalizer(batch.size(), tokens));
  }

  /**
   * A micro-batch's share of its batch's loss: shares add up to the batch's loss, and gradients are
   * the batch's. Not for a loss that {@link LossConfig#needsWholeBatch}.
   */
  public LossResult of(List<PairLogps> pairs, LossNormalizer batch) {
    Checks.require(
        pairs.size() == batch.pairs() || !config.needsWholeBatch(),
        "this loss needs the whole batch at once");
    Sums sums = new Sums(pairs);
    for (LossConfig.Weighted part : config.mix()) {
      switch (part.type().rule()) {
        case LossRule.PerPair rule -> sums.addPerPair(rule, part.weight() / batch.pairs());
        case LossRule.Sorted rule -> sums.addSorted(rule, part.weight() / batch.pairs());
        case LossRule.ChosenTokens rule -> sums.addTokens(part.weight() / batch.chosenTokens());
      }
    }
    return sums.result();
  }

  /** What is added up over the losses of a mix; gradients are per sequence until the end. */
  private final class Sums {
    private final List<PairLogps> pairs;
    private final List<Terms> terms;
    private final double[] weights;
    private final double[] chosen;
    private final double[] rejected;
    private final double[] chosenToken;
    private double loss;

    Sums(List<PairLogps> pairs) {
      this.pairs = pairs;
      this.terms = pairs.stream().map(PreferenceLoss.this::terms).toList();
      this.weights = pairs.stream().mapToDouble(PreferenceLoss.this::weight).toArray();
      this.chosen = new double[pairs.size()];
      this.rejected = new double[pairs.size()];
      this.chosenToken = new double[pairs.size()];
    }

    void addPerPair(LossRule.PerPair rule, double factor) {
      for (int i = 0; i < pairs.size(); i++) {
        Slope slope = rule.formula().at(terms.get(i), config);
        loss += factor * weights[i] * slope.loss();
        chosen[i] += factor * weights[i] * slope.chosen();
        rejected[i] += factor * weights[i] * slope.rejected();
      }
    }

    /**
     * The mean of −(1−ε) L(βδ) − ε L(−βδ) over ranks. Paired: δ = sort(log π_w − log π_l) −
     * sort(log ref_w − log ref_l). Unpaired: δ = sort(w) − sort(l).
     */
    void addSorted(LossRule.Sorted rule, double factor) {
      requireEqualWeights();
      double[] above =
          values(rule.paired() ? t -> t.policyChosen() - t.policyRejected() : Terms::w);
      double[] below =
          values(rule.paired() ? t -> t.referenceChosen() - t.referenceRejected() : Terms::l);
      int[] upper = order(above);
      int[] lower = order(below);
      for (int rank = 0; rank < pairs.size(); rank++) {
        double delta = above[upper[rank]] - below[lower[rank]];
        ValueAndDerivative term = PairLosses.smoothedLogistic(config.beta() * delta, config);
        double slope = factor * config.beta() * term.slope();
        loss += factor * term.value();
        chosen[upper[rank]] += slope;
        // Paired, both sides of the policy stand in the first sort; unpaired, one in each.
        rejected[rule.paired() ? upper[rank] : lower[rank]] -= slope;
      }
    }

    /** −Σ log π(token) over chosen tokens: the likelihood term of Pang et al. 2024. */
    void addTokens(double factor) {
      for (int i = 0; i < pairs.size(); i++) {
        loss -= factor * weights[i] * Arrays.stream(pairs.get(i).chosen().policy()).sum();
        chosenToken[i] -= factor * weights[i];
      }
    }

    private double[] values(ToDoubleFunction<Terms> value) {
      return terms.stream().mapToDouble(value).toArray();
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
        Terms sums = terms.get(i);
        outcomes.add(
            new PairOutcome(
                pair,
                spread(pair.chosen(), shorter(pair), chosen[i], chosenToken[i]),
                spread(pair.rejected(), shorter(pair), rejected[i], 0),
                sums.policyChosen(),
                sums.policyRejected(),
                config.beta() * sums.w(),
                config.beta() * sums.l()));
      }
      return new LossResult(loss, outcomes);
    }
  }

  private Terms terms(PairLogps pair) {
    int shorter = shorter(pair);
    return new Terms(
        sum(pair.chosen().policy(), shorter),
        sum(pair.rejected().policy(), shorter),
        config.referenceFree() ? 0 : sum(pair.chosen().reference(), shorter),
        config.referenceFree() ? 0 : sum(pair.rejected().reference(), shorter),
        pair.chosen().length(),
        pair.rejected().length());
  }

  private static int shorter(PairLogps pair) {
    return Math.min(pair.chosen().length(), pair.rejected().length());
  }

  /** log-prob of a completion: tokens beyond the shorter one's length count ldAlpha each. */
  private double sum(double[] logps, int shorter) {
    double sum = 0;
    for (int t = 0; t < logps.length; t++) {
      sum += t < shorter ? logps[t] : config.ldAlpha() * logps[t];
    }
    return sum;
  }

  private double[] spread(Completion completion, int shorter, double sequence, double token) {
    double[] gradient = new double[completion.length()];
    for (int t = 0; t < gradient.length; t++) {
      gradient[t] = token + (t < shorter ? sequence : config.ldAlpha() * sequence);
    }
    return gradient;
  }

  private double weight(PairLogps pair) {
    if (!config.wpo()) {
      return pair.weight();
    }
    return pair.weight() * Math.exp(meanExcess(pair.chosen()) + meanExcess(pair.rejected()));
  }

  /** Mean over tokens of log p_t − log Σ p²: how probable the tokens are for this distribution. */
  private static double meanExcess(Completion completion) {
    double[] logSumSquares = completion.logSumSquares();
    Checks.require(logSumSquares.length > 0, "use_wpo needs log Σ p² of each token");
    double sum = 0;
    for (int t = 0; t < completion.length(); t++) {
      sum += completion.policy()[t] - logSumSquares[t];
    }
    return sum / completion.length();
  }
}
