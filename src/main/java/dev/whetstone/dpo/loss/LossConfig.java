package dev.whetstone.dpo.loss;

import static dev.whetstone.settings.Checks.require;

import dev.whetstone.settings.EnumNames;
import java.util.List;

/**
 * Which loss a run minimises.
 *
 * @param mix losses of pairs to add up, each with its weight; none in a run on ratings alone
 * @param beta β: strength of the penalty for leaving the reference
 * @param labelSmoothing ε: the assumed share of wrong votes, in [0, 0.5)
 * @param divergence between policy and reference
 * @param divergenceAlpha a of the alpha divergence, not 1
 * @param ldAlpha weight of the tokens beyond the shorter completion's length (LD-DPO, Liu et al.
 *     2024, arXiv:2409.06411), in [0, 1]; 1 is plain DPO
 * @param wpo whether a pair is weighted by its probability under the policy (WPO, Zhou et al. 2024,
 *     arXiv:2406.11827, eq. 2)
 * @param referenceFree whether log π_ref is taken to be 0
 * @param simpoGamma γ: SimPO's target margin
 * @param discopopTau τ: DiscoPOP's temperature
 * @param unpaired the loss of completions that were rated by themselves
 */
public record LossConfig(
    List<Weighted> mix,
    double beta,
    double labelSmoothing,
    Divergence divergence,
    double divergenceAlpha,
    double ldAlpha,
    boolean wpo,
    boolean referenceFree,
    double simpoGamma,
    double discopopTau,
    UnpairedLoss unpaired) {

  /** One loss of a mix. */
  public record Weighted(LossType type, double weight) {
    public Weighted {
      require(weight > 0 && weight < Double.POSITIVE_INFINITY, "loss_weights must be positive");
    }
  }

  public LossConfig {
    mix = List.copyOf(mix);
    require(beta > 0 && beta < Double.POSITIVE_INFINITY, "beta must be positive");
    require(labelSmoothing >= 0 && labelSmoothing < 0.5, "label_smoothing must be in [0, 0.5)");
    require(Double.isFinite(divergenceAlpha) && divergenceAlpha != 1, "f_alpha must not be 1");
    require(ldAlpha >= 0 && ldAlpha <= 1, "ld_alpha must be in [0, 1]");
    require(Double.isFinite(simpoGamma), "simpo_gamma must be finite");
    require(discopopTau > 0 && discopopTau <= 100, "discopop_tau must be in (0, 100]");
    for (Weighted loss : mix) {
      checkLoss(loss.type(), labelSmoothing, divergence, wpo);
    }
  }

  private static void checkLoss(
      LossType type, double smoothing, Divergence divergence, boolean wpo) {
    String label = EnumNames.of(type);
    boolean anyDivergence =
        switch (type.rule()) {
          case LossRule.PerPair rule -> rule.takesAnyDivergence();
          case LossRule.Sorted rule -> false;
          case LossRule.ChosenTokens rule -> true;
        };
    require(
        divergence == Divergence.REVERSE_KL || anyDivergence,
        label + " takes no f_divergence_type but reverse_kl");
    require(type != LossType.EXO_PAIR || smoothing > 0, "exo_pair needs label_smoothing above 0");
    require(
        !wpo || !(type.rule() instanceof LossRule.Sorted),
        label + " compares a whole batch, so use_wpo has no pair to weigh");
  }

  /** Plain DPO at β = 0.1. */
  public static LossConfig sigmoid() {
    return new LossConfig(
        List.of(new Weighted(LossType.SIGMOID, 1)),
        0.1,
        0,
        Divergence.REVERSE_KL,
        0.5,
        1,
        false,
        false,
        0.5,
        0.05,
        UnpairedLoss.KTO);
  }

  /**
   * Whether the loss of a pair depends on the other pairs of its batch, so that no gradient can be
   * computed before the log-probs of the whole batch are known.
   */
  public boolean needsWholeBatch() {
    return mix.stream().anyMatch(loss -> loss.type().rule() instanceof LossRule.Sorted);
  }
}
