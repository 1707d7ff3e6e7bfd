package dev.whetstone.dpo.loss;

/** The losses of TRL's DPOTrainer, and SimPO. Formulas and papers are in {@link PairLosses}. */
public enum LossType {
  SIGMOID,
  HINGE,
  IPO,
  EXO_PAIR,
  NCA_PAIR,
  ROBUST,
  BCO_PAIR,
  SPPO_HARD,
  AOT,
  AOT_UNPAIRED,
  APO_ZERO,
  APO_DOWN,
  DISCOPOP,
  SFT,
  SIGMOID_NORM,
  SIMPO;

  LossRule rule() {
    return switch (this) {
      case SIGMOID -> new LossRule.PerPair(PairLosses::sigmoid, true);
      case HINGE -> new LossRule.PerPair(PairLosses::hinge, true);
      case IPO -> new LossRule.PerPair(PairLosses::ipo, true);
      case EXO_PAIR -> new LossRule.PerPair(PairLosses::exoPair, true);
      case NCA_PAIR -> new LossRule.PerPair(PairLosses::ncaPair, false);
      case ROBUST -> new LossRule.PerPair(PairLosses::robust, true);
      case BCO_PAIR -> new LossRule.PerPair(PairLosses::bcoPair, false);
      case SPPO_HARD -> new LossRule.PerPair(PairLosses::sppoHard, false);
      case AOT -> new LossRule.Sorted(true);
      case AOT_UNPAIRED -> new LossRule.Sorted(false);
      case APO_ZERO -> new LossRule.PerPair(PairLosses::apoZero, false);
      case APO_DOWN -> new LossRule.PerPair(PairLosses::apoDown, false);
      case DISCOPOP -> new LossRule.PerPair(PairLosses::discopop, true);
      case SFT -> new LossRule.ChosenTokens();
      case SIGMOID_NORM -> new LossRule.PerPair(PairLosses::sigmoidNorm, true);
      case SIMPO -> new LossRule.PerPair(PairLosses::simpo, false);
    };
  }
}
