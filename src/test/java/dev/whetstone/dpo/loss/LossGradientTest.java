package dev.whetstone.dpo.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.dpo.RandomPairs;
import dev.whetstone.dpo.loss.LossConfig.Weighted;
import dev.whetstone.dpo.loss.PairLogps.Completion;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Compares every gradient with finite differences of its loss. */
class LossGradientTest {
  private static final double STEP = 1e-5;

  @Property(tries = 2000)
  void aGradientIsTheSlopeOfTheLoss(
      @ForAll("losses") LossConfig config,
      @ForAll Random random,
      @ForAll @IntRange(min = 1, max = 4) int count) {
    List<PairLogps> pairs = new RandomPairs(random).draw(count);
    Assume.that(smoothAt(config, pairs));
    PreferenceLoss loss = new PreferenceLoss(config);

    LossResult result = loss.compute(pairs);

    for (int i = 0; i < count; i++) {
      for (boolean chosen : new boolean[] {true, false}) {
        LossResult.PairOutcome pair = result.pairs().get(i);
        double[] gradient = chosen ? pair.chosenGradient() : pair.rejectedGradient();
        for (int t = 0; t < gradient.length; t++) {
          double above = loss.compute(moved(pairs, i, chosen, t, STEP)).loss();
          double below = loss.compute(moved(pairs, i, chosen, t, -STEP)).loss();
          assertThat(gradient[t])
              .as("pair %d, %s token %d", i, chosen ? "chosen" : "rejected", t)
              .isCloseTo((above - below) / (2 * STEP), within(1e-5 * (1 + Math.abs(gradient[t]))));
        }
      }
    }
  }

  /**
   * Rafailov et al. 2023, section 4: −∇L = β σ(r_l − r_w) (∇log π(y_w) − ∇log π(y_l)), here of a
   * policy with one logit a word, and with the loss differentiated by those logits numerically.
   */
  @Property(tries = 200)
  void theLogSigmoidGradientIsThePapers(@ForAll Random random) {
    int words = 5;
    double[] logits = random.doubles(words, -1, 1).toArray();
    double[] reference = logSoftmax(random.doubles(words, -1, 1).toArray());
    int[] chosen = random.ints(random.nextInt(1, 6), 0, words).toArray();
    int[] rejected = random.ints(random.nextInt(1, 6), 0, words).toArray();
    LossConfig config = LossConfig.sigmoid();
    PreferenceLoss loss = new PreferenceLoss(config);
    LossResult.PairOutcome pair =
        loss.compute(List.of(pair(logits, reference, chosen, rejected))).pairs().getFirst();
    double pull = config.beta() * Logistic.sigma(pair.rejectedReward() - pair.chosenReward());

    for (int word = 0; word < words; word++) {
      double identity = pull * (slope(logits, chosen, word) - slope(logits, rejected, word));
      double above =
          loss.compute(List.of(pair(shifted(logits, word, STEP), reference, chosen, rejected)))
              .loss();
      double below =
          loss.compute(List.of(pair(shifted(logits, word, -STEP), reference, chosen, rejected)))
              .loss();
      assertThat(-(above - below) / (2 * STEP)).isCloseTo(identity, within(1e-8));
    }
  }

  @Test
  void wpoWeightsHaveNoGradient() {
    List<PairLogps> pairs = new RandomPairs(new Random(7)).draw(1);
    LossConfig plain = LossConfig.sigmoid();
    LossConfig wpo = config(LossType.SIGMOID, 0.1, 0, Divergence.REVERSE_KL, 1, true);

    LossResult unweighted = new PreferenceLoss(plain).compute(pairs);
    LossResult weighted = new PreferenceLoss(wpo).compute(pairs);

    double weight = weighted.loss() / unweighted.loss();
    assertThat(weight).isNotCloseTo(1, within(1e-3));
    assertThat(weighted.pairs().getFirst().chosenGradient()[0])
        .isCloseTo(weight * unweighted.pairs().getFirst().chosenGradient()[0], within(1e-12));
  }

  @Provide
  Arbitrary<LossConfig> losses() {
    return Combinators.combine(
            Arbitraries.of(LossType.class),
            Arbitraries.of(Divergence.class),
            Arbitraries.doubles().between(0.05, 1),
            Arbitraries.doubles().between(0.01, 0.4),
            Arbitraries.of(0.0, 0.5, 1.0))
        .as(
            (type, divergence, beta, smoothing, ld) ->
                config(type, beta, smoothing, allowed(type, divergence), ld, false));
  }

  private static Divergence allowed(LossType type, Divergence divergence) {
    return switch (type.rule()) {
      case LossRule.PerPair rule when rule.takesAnyDivergence() -> divergence;
      case LossRule.PerPair rule -> Divergence.REVERSE_KL;
      case LossRule.Sorted rule -> Divergence.REVERSE_KL;
      case LossRule.ChosenTokens rule -> divergence;
    };
  }

  private static LossConfig config(
      LossType type,
      double beta,
      double smoothing,
      Divergence divergence,
      double ldAlpha,
      boolean wpo) {
    return new LossConfig(
        List.of(new Weighted(type, 1)),
        beta,
        smoothing,
        divergence,
        0.5,
        ldAlpha,
        wpo,
        false,
        0.5,
        0.05,
        UnpairedLoss.KTO);
  }

  /**
   * Whether the loss is smooth near these pairs: no kink of hinge and no tie of a sort is close.
   */
  private static boolean smoothAt(LossConfig config, List<PairLogps> pairs) {
    LossType type = config.mix().getFirst().type();
    double reach = 1e-3;
    LossResult result = new PreferenceLoss(config).compute(pairs);
    List<Double> sorted = new ArrayList<>();
    for (LossResult.PairOutcome pair : result.pairs()) {
      if (type == LossType.HINGE && Math.abs(1 - scoredMargin(config, pair)) < reach) {
        return false;
      }
      if (type == LossType.AOT) {
        sorted.add(pair.chosenLogp() - pair.rejectedLogp());
      }
    }
    if (type == LossType.AOT_UNPAIRED) {
      return apart(
              result.pairs().stream().map(LossResult.PairOutcome::chosenReward).toList(), reach)
          && apart(
              result.pairs().stream().map(LossResult.PairOutcome::rejectedReward).toList(), reach);
    }
    return apart(sorted, reach);
  }

  private static double scoredMargin(LossConfig config, LossResult.PairOutcome pair) {
    double w = pair.chosenReward() / config.beta();
    double l = pair.rejectedReward() / config.beta();
    return config.beta()
        * (config.divergence().score(w, config.divergenceAlpha()).value()
            - config.divergence().score(l, config.divergenceAlpha()).value());
  }

  private static boolean apart(List<Double> values, double reach) {
    List<Double> sorted = values.stream().sorted().toList();
    for (int i = 1; i < sorted.size(); i++) {
      if (sorted.get(i) - sorted.get(i - 1) < reach) {
        return false;
      }
    }
    return true;
  }

  private static List<PairLogps> moved(
      List<PairLogps> pairs, int index, boolean chosen, int token, double by) {
    PairLogps pair = pairs.get(index);
    List<PairLogps> moved = new ArrayList<>(pairs);
    moved.set(
        index,
        new PairLogps(
            pair.id(),
            chosen ? moved(pair.chosen(), token, by) : pair.chosen(),
            chosen ? pair.rejected() : moved(pair.rejected(), token, by),
            pair.weight()));
    return moved;
  }

  private static Completion moved(Completion completion, int token, double by) {
    return new Completion(
        shifted(completion.policy(), token, by),
        completion.reference(),
        completion.logSumSquares());
  }

  private static double[] shifted(double[] values, int index, double by) {
    double[] shifted = values.clone();
    shifted[index] += by;
    return shifted;
  }

  private static PairLogps pair(double[] logits, double[] reference, int[] chosen, int[] rejected) {
    double[] policy = logSoftmax(logits);
    return new PairLogps(
        "pair", completion(policy, reference, chosen), completion(policy, reference, rejected), 1);
  }

  private static Completion completion(double[] policy, double[] reference, int[] words) {
    double[] policyLogps = new double[words.length];
    double[] referenceLogps = new double[words.length];
    for (int t = 0; t < words.length; t++) {
      policyLogps[t] = policy[words[t]];
      referenceLogps[t] = reference[words[t]];
    }
    return new Completion(policyLogps, referenceLogps);
  }

  /** ∂ log π(words) / ∂ logit = count of the word − its expected count. */
  private static double slope(double[] logits, int[] words, int word) {
    double slope = -words.length * Math.exp(logSoftmax(logits)[word]);
    for (int other : words) {
      slope += other == word ? 1 : 0;
    }
    return slope;
  }

  private static double[] logSoftmax(double[] logits) {
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit);
    }
    double[] logps = logits.clone();
    for (int i = 0; i < logps.length; i++) {
      logps[i] -= Math.log(sum);
    }
    return logps;
  }
}
