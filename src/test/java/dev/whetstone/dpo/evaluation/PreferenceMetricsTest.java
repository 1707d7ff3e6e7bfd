package dev.whetstone.dpo.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.dpo.loss.LossConfig;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.dpo.loss.PairLogps.Completion;
import dev.whetstone.dpo.loss.PreferenceLoss;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PreferenceMetricsTest {
  @Test
  void anUntrainedPolicyIsItsReference() {
    Completion same = new Completion(new double[] {-1, -2}, new double[] {-1, -2});

    PreferenceMetrics metrics = metrics(new PairLogps("pair", same, same, 1));

    assertThat(metrics.kl()).isZero();
    assertThat(metrics.lengthRatio()).isEqualTo(1);
    assertThat(metrics.accuracy()).isZero();
    assertThat(metrics.logpsChosen()).isEqualTo(-3);
  }

  @Test
  void divergencesAreWeightedByThePolicysProbabilityOfEachAnswer() {
    // w = log 3, l = 0: the policy writes the chosen answer in three of four cases.
    Completion chosen = new Completion(new double[] {Math.log(0.3)}, new double[] {Math.log(0.1)});
    Completion rejected =
        new Completion(new double[] {-1, -1, -1, -1, -1}, new double[] {-1, -1, -1, -1, -1});

    PreferenceMetrics metrics = metrics(new PairLogps("pair", chosen, rejected, 1));

    assertThat(metrics.kl()).isCloseTo(0.75 * (3 * (Math.log(3) - 1) + 1), within(1e-12));
    assertThat(metrics.lengthRatio()).isCloseTo((0.75 * 1 + 0.25 * 5) / 3, within(1e-12));
    assertThat(metrics.chosenLogRatioPerToken()).isCloseTo(Math.log(3), within(1e-12));
  }

  /** The mean estimate over many tokens drawn from the reference is the exact KL. */
  @Property(tries = 20)
  void theTokensEstimateDivergences(@ForAll Random random) {
    double[] policy = {0.7, 0.2, 0.1};
    double[] reference = {0.5, 0.3, 0.2};
    double exact = 0;
    for (int i = 0; i < policy.length; i++) {
      exact += policy[i] * Math.log(policy[i] / reference[i]);
    }
    int tokens = 20_000;
    double[] policyLogps = new double[tokens];
    double[] referenceLogps = new double[tokens];
    for (int t = 0; t < tokens; t++) {
      double draw = random.nextDouble();
      int word = draw < reference[0] ? 0 : draw < reference[0] + reference[1] ? 1 : 2;
      policyLogps[t] = Math.log(policy[word]);
      referenceLogps[t] = Math.log(reference[word]);
    }

    double estimate = new Completion(policyLogps, referenceLogps).klEstimate() / tokens;

    // A token's estimate has a standard deviation of 0.04, so this is 17 times the mean's.
    assertThat(estimate).isCloseTo(exact, within(0.005));
  }

  @Test
  void metricsHaveTrlsNames() {
    Completion same = new Completion(new double[] {-1, -2}, new double[] {-1, -2});
    PreferenceMetrics metrics = metrics(new PairLogps("pair", same, same, 1));
    StepMetrics step =
        new StepMetrics(
            3, 0.5, metrics, null, new TokenMetrics(4, 4, 1, 2), 0.7, 1e-4, 120, metrics, 0.25);

    assertThat(step.toMap())
        .containsKeys(
            "loss",
            "rewards/chosen",
            "rewards/rejected",
            "rewards/accuracies",
            "rewards/margins",
            "logps/chosen",
            "logps/rejected",
            "eval_loss",
            "eval_rewards/accuracies")
        .containsEntry("step", 3)
        .containsEntry("entropy", 1.0)
        .containsEntry("mean_token_accuracy", 0.5)
        .containsEntry("grad_norm", 0.7)
        .containsEntry("learning_rate", 1e-4)
        .containsEntry("num_tokens", 120L);
  }

  private static PreferenceMetrics metrics(PairLogps pair) {
    return PreferenceMetrics.of(new PreferenceLoss(LossConfig.sigmoid()).compute(List.of(pair)));
  }
}
